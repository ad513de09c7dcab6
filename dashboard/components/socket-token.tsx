import { usePage } from "../state/page.ts";
import { useStore } from "../state/store.ts";
import { TokenForm } from "./token-form.tsx";

/** Asks for the token that live charts take on such a stage, as long as they do not come. */
export function SocketToken() {
  const { connection, token } = usePage();
  const { state } = useStore(connection);
  const hasToken = useStore(token) !== "";
  if (state === "live") return undefined;
  // A refused handshake does not say why.
  return (
    <TokenForm
      reason={hasToken ? "the server does not open with this token" : "live charts take a token here"}
    />
  );
}
