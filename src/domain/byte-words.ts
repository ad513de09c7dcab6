import { grown } from "./grown.ts";

/** Bytes that only grow, and may move as they do: who remembers a place in them remembers the store. */
export class ByteStore {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  used = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Appends some bytes and returns where they begin. */
  append(bytes: Uint8Array): number {
    const start = this.reserve(bytes.length);
    this.bytes.set(bytes, start);
    return start;
  }

  /** Appends so many zeros, for the caller to write over, and returns where they begin. */
  reserve(length: number): number {
    const start = this.used;
    this.used += length;
    if (this.used > this.bytes.length) this.#grow();
    return start;
  }

  #grow(): void {
    this.bytes = grown(this.bytes, Math.max(this.used, this.bytes.length * 2));
    this.view = new DataView(this.bytes.buffer);
  }
}

/** A 32-bit hash of some bytes, four at a time: the last four overlap those before. */
export function hashBytes(view: DataView, start: number, length: number): number {
  let hash = length;
  if (length < 4) {
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ view.getUint8(start + i), 0x9e3779b1);
  } else {
    for (let i = 0; i < length - 4; i += 4) hash = mix(hash ^ view.getInt32(start + i, true));
    hash = mix(hash ^ view.getInt32(start + length - 4, true));
  }
  return hash ^ (hash >>> 15);
}

function mix(value: number): number {
  const mixed = Math.imul(value, 0x9e3779b1);
  return mixed ^ (mixed >>> 13);
}

/** Whether `length` bytes are the same, which both have. (Asking a DataView for its length is dear.) */
export function areEqual(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  if (length < 4) {
    for (let i = 0; i < length; i++) if (a.getUint8(aStart + i) !== b.getUint8(bStart + i)) return false;
    return true;
  }
  const last = length - 4;
  for (let i = 0; i < last; i += 4)
    if (a.getInt32(aStart + i, true) !== b.getInt32(bStart + i, true)) return false;
  return a.getInt32(aStart + last, true) === b.getInt32(bStart + last, true);
}

/** Copies `length` bytes, which both have room for: few, for which a call out of the engine is dear. */
export function copyBytes(from: DataView, start: number, to: DataView, at: number, length: number): void {
  if (length < 4) {
    for (let i = 0; i < length; i++) to.setUint8(at + i, from.getUint8(start + i));
    return;
  }
  const last = length - 4;
  for (let i = 0; i < last; i += 4) to.setInt32(at + i, from.getInt32(start + i, true), true);
  to.setInt32(at + last, from.getInt32(start + last, true), true);
}
