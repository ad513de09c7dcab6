/** The pieces of a text that have these lengths, in UTF-16 units, one after the other. */
export function cutText(text: string, lengths: ArrayLike<number>): string[] {
  const pieces: string[] = [];
  for (let i = 0, start = 0; i < lengths.length; i++) {
    const end = start + (lengths[i] ?? 0);
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
