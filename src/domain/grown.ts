type Numbers =
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/**
 * A longer array with the same numbers at its start. Nothing is left of the shorter one: its memory is given back at once, and
 * not when V8 collects, which what lies outside of its heap hardly makes it do.
 *
 * @param empty what the new places hold
 */
export function grown<T extends Numbers>(array: T, length: number, empty = 0): T {
  const before = array.length;
  const Type = array.constructor as new (buffer: ArrayBuffer) => T;
  const longer = new Type(array.buffer.transfer(length * array.BYTES_PER_ELEMENT));
  if (empty !== 0) longer.fill(empty, before);
  return longer;
}

/** Gives the memory of an array back that nobody needs any more. */
export const release = (array: Numbers): void => void array.buffer.transfer(0);
