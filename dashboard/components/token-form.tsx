import { useState } from "preact/hooks";
import { usePage } from "../state/page.ts";

interface TokenFormProps {
  /** What the server said about the token before, or about none. */
  readonly reason: string;
  /** Once there is another token. */
  readonly onToken?: () => void;
}

/** Asks for a token, which all that asks the API then goes on with. */
export function TokenForm({ reason, onToken }: TokenFormProps) {
  const { token } = usePage();
  const [text, setText] = useState("");
  return (
    <form
      class="card token-form"
      onSubmit={(event) => {
        event.preventDefault();
        token.set(text.trim());
        setText("");
        onToken?.();
      }}
    >
      <h3>This takes a token</h3>
      <p class="field-error" id="token-reason" role="alert">
        {reason}
      </p>
      <label for="token">Token</label>
      <div class="line">
        <input
          id="token"
          type="password"
          autocomplete="off"
          required
          value={text}
          aria-describedby="token-reason token-hint"
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <button type="submit" class="button">
          Use it
        </button>
      </div>
      <p class="muted hint" id="token-hint">
        <code>npm run -s token -- create</code> makes one. It stays in this tab.
      </p>
    </form>
  );
}
