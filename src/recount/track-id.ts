import type { Tools } from "./archived.ts";

/** The id of a track that came without one; undefined where its title comes to nothing. */
export function trackIdFrom(artist: string, title: string, sha256: Tools["sha256"]): string | undefined {
  const [by, name] = [folded(artist), folded(title)];
  if (name === "") return undefined;
  const id = `${by} - ${name}`;
  if (id.length <= 200) return id;
  const start = id.slice(0, 168).replace(/[\ud800-\udbff]$/, ""); // not half a character
  return start + sha256(id).slice(0, 32);
}

/** NFKC, without case, without white space around it. The dotless i stays what it is. */
const folded = (text: string): string =>
  Array.from(text.normalize("NFKC"), (character) =>
    character === "\u0131" ? character : character.toUpperCase().toLowerCase(),
  )
    .join("")
    .trim();
