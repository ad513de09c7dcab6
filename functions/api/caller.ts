import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { isExpired, isTokenText, opens, type TokenHash, type TokenScope } from "#src/domain/access-token.ts";
import type { UserId } from "#src/domain/play.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { TokenStore } from "#src/ports/token-store.ts";
import type { Sha256Hex } from "#src/wire/play-codec.ts";
import { HttpError, isoTime } from "./http-answer.ts";

export interface CallerDeps {
  /** The tokens that open what is not public; or "open", where nobody but this machine's users can ask. */
  readonly access: "open" | Pick<TokenStore, "find">;
  readonly sha256: Sha256Hex;
  readonly clock: Clock;
}

/** What a route asks of a token: nothing, to see more with one, or to have one. */
export type TokenNeed = "none" | "optional" | "required";

/** Who asks: someone with a token, someone without, or anybody at all where no token is asked for. */
export type Caller = TokenScope | { readonly kind: "anonymous" } | { readonly kind: "unchecked" };

/**
 * Who sent the request.
 *
 * @throws HttpError 401 where a token is missing or not valid; it says which, and never repeats what was sent
 */
export async function callerOf(
  deps: CallerDeps,
  need: TokenNeed,
  headers: APIGatewayProxyEventV2["headers"],
): Promise<Caller> {
  if (deps.access === "open") return { kind: "unchecked" };
  if (need === "none") return { kind: "anonymous" };
  const header = headers["authorization"];
  if (header === undefined) {
    if (need === "optional") return { kind: "anonymous" };
    throw unauthorized("this needs a token: send the header Authorization: Bearer <token>");
  }
  const text = /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? "";
  if (!isTokenText(text)) {
    throw unauthorized("the Authorization header is not Bearer and a token of earworm token create");
  }
  const token = await deps.access.find(deps.sha256(text) as TokenHash);
  if (token === undefined) throw unauthorized("the token is unknown, or was revoked");
  if (isExpired(token, deps.clock())) {
    throw unauthorized(`the token has expired since ${isoTime(token.expiresAt)}`);
  }
  return token.scope;
}

const unauthorized = (message: string): HttpError => new HttpError(401, "unauthorized", message);

/** Whether the caller may see what concerns all listeners. */
export const isOperator = ({ kind }: Caller): boolean => kind === "operator" || kind === "unchecked";

/** Whether a listener's data is open to the caller, for reading and for adding plays. */
export function mayUse(caller: Caller, userId: UserId): boolean {
  if (caller.kind === "unchecked") return true;
  return caller.kind !== "anonymous" && opens(caller, userId);
}
