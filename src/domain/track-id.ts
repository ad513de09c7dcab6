import type { TrackId } from "./play.ts";

/** A track's id may have so many UTF-16 code units, as in `play.v1`. */
const maxTrackIdLength = 200;

/** Whether a play could carry the text as its track's id; nothing else may reach a store as one. */
export function isTrackId(text: string): text is TrackId {
  return text.length > 0 && text.length <= maxTrackIdLength && !text.includes("\0") && text.isWellFormed();
}
