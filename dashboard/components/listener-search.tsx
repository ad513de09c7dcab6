import { useState } from "preact/hooks";
import { useChange } from "../state/use-address.ts";

/** The field for a listener's id. */
export function ListenerSearch({ listener }: { readonly listener: string }) {
  const change = useChange();
  const [text, setText] = useState(listener);
  return (
    <search>
      <form
        class="listener-search line"
        onSubmit={(event) => {
          event.preventDefault();
          change({ view: "listener", listener: text.trim() });
        }}
      >
        <label for="listener-id">Listener</label>
        <input
          id="listener-id"
          type="search"
          value={text}
          placeholder="user-000042"
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <button type="submit" class="button">
          Show
        </button>
      </form>
    </search>
  );
}
