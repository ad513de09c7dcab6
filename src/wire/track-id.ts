import type { TrackId } from "../domain/play.ts";

const longestId = 200;
const hashDigits = 32;
const printableAscii = /^[\x20-\x7e]*$/;

/**
 * Unicode case folding as far as JavaScript has it: upper, then lower case of each code point, so that no neighbour
 * matters ("ß" and "SS" are "ss", both small sigmas are "σ"). The dotless "ı" is a letter of its own.
 */
function foldCase(text: string): string {
  let folded = "";
  for (const character of text)
    folded += character === "ı" ? character : character.toUpperCase().toLowerCase();
  return folded;
}

function normalise(text: string): string {
  if (printableAscii.test(text)) return text.toLowerCase().trim();
  return foldCase(text.normalize("NFKC")).trim();
}

/**
 * The id of a track that came without one: artist and title, each NFKC, case-folded and trimmed. A longer one than 200
 * characters ends in 128 bits of its SHA-256 instead. Undefined where nothing of the title is left.
 */
export function deriveTrackId(
  artist: string,
  title: string,
  sha256: (text: string) => string,
): TrackId | undefined {
  const normalisedTitle = normalise(title);
  if (normalisedTitle === "") return undefined;
  const id = `${normalise(artist)} - ${normalisedTitle}`;
  if (id.length <= longestId) return id as TrackId;
  const head = id.slice(0, longestId - hashDigits);
  // A cut through a surrogate pair would leave half a character.
  const whole = head.isWellFormed() ? head : head.slice(0, -1);
  return `${whole}${sha256(id).slice(0, hashDigits)}` as TrackId;
}
