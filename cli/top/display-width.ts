const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const invisible = /^[\p{Mn}\p{Me}\p{Cf}]*$/u;
/** East Asian wide and fullwidth (Unicode annex 11), and what is drawn as an emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\ufe0f|\p{Emoji_Presentation}/u;

/** How many columns of a terminal a text takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += widthOf(segment);
  return width;
}

/** The text in exactly `width` columns: padded with spaces, or cut with an ellipsis between two characters. */
export function fitTo(text: string, width: number): string {
  const whole = displayWidth(text);
  if (whole <= width) return text + " ".repeat(width - whole);
  if (width < 1) return "";
  let shown = "";
  let taken = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = widthOf(segment);
    if (taken + next > width - 1) break;
    shown += segment;
    taken += next;
  }
  return `${shown}…${" ".repeat(width - 1 - taken)}`;
}

/** What producers sent may not move the cursor, start a line or turn the direction of what follows. */
export function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

function widthOf(grapheme: string): number {
  if (wide.test(grapheme)) return 2;
  return invisible.test(grapheme) ? 0 : 1;
}
