/** 1 for a byte that may stand in an event id, which is all ASCII. */
export const isIdByte = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x80 && /[\w.:-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** Whether a text is an event id: what `eventIdPattern` says, without starting a regular expression. */
export function isEventId(text: string): boolean {
  if (text.length < 1 || text.length > 128) return false;
  for (let i = 0; i < text.length; i++) if (isIdByte[text.charCodeAt(i)] !== 1) return false;
  return true;
}
