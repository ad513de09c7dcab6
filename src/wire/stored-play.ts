import { CorruptStoreError } from "../domain/errors.ts";
import type { EpochMs, Play } from "../domain/play.ts";
import { parsePlay } from "./play-codec.ts";

/** A stored play was valid when it arrived and carries its ids, so neither the clock nor a hash is asked again. */
const anyTime = Number.MAX_SAFE_INTEGER as EpochMs;
const noHash = (): string => {
  throw new CorruptStoreError("a stored play has no id");
};

/**
 * Reads a play that `encodePlay` wrote into a store.
 *
 * @throws CorruptStoreError where it is not one
 */
export function decodeStoredPlay(text: string): Play {
  const decoded = parsePlay(text, anyTime, noHash);
  if (decoded.ok) return decoded.value;
  throw new CorruptStoreError(`a stored play is malformed: ${decoded.error.field} ${decoded.error.reason}`);
}
