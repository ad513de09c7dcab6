import type { UserId } from "./play.ts";

/** A listener's id may have so many UTF-16 code units, as in `play.v1`. */
const maxUserIdLength = 128;

/** Whether a play could carry the text as its listener's id; nothing else may reach a store as one. */
export function isUserId(text: string): text is UserId {
  return text.length > 0 && text.length <= maxUserIdLength && !text.includes("\0") && text.isWellFormed();
}
