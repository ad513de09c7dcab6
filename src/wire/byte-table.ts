import { areEqual, ByteStore } from "../domain/byte-words.ts";

const firstSlots = 2048;
const noBytes = new Uint8Array(0);
/** How many slots are looked at: values that were made to collide are then simply not kept. */
const mostProbes = 16;

/** Where the four words of a slot are: a slot lies in one cache line. */
const hashAt = 0;
/** Where the entry's bytes start, plus 1; 0 in a slot that is free. */
const startAt = 1;
const lengthAt = 2;
const noteAt = 3;
const slotWords = 4;

/**
 * Finds entries by bytes, so that no string has to be made for what was seen before. It keeps at most so many entries and
 * bytes; beyond that it forgets all of them and begins again, which costs less than to note which of them were used last.
 * To make the string of an id of 12 bytes alone takes 80 to 170 ns, whichever way.
 */
export class ByteTable {
  readonly #mostEntries: number;
  readonly #mostBytes: number;
  /** At least twice as many slots as entries. */
  #slots = new Int32Array(firstSlots * slotWords);
  #size = 0;
  #store = new ByteStore(8 * firstSlots);

  constructor(mostEntries: number, mostBytes: number) {
    this.#mostEntries = mostEntries;
    this.#mostBytes = mostBytes;
  }

  /**
   * The slot of an entry whose bytes are those from `start` on, all of the entry's; -1 where there is none. It is the
   * entry's until the next `add`.
   *
   * @param hash as given to `add`
   * @param view of all bytes around `start`
   * @param end where the bytes around `start` end
   * @param length how many bytes the entry has; absent: any number
   */
  find(hash: number, view: DataView, start: number, end: number, length?: number): number {
    const slots = this.#slots;
    const mask = slots.length / slotWords - 1;
    for (let probe = 0; probe < mostProbes; probe++) {
      const slot = (hash + probe) & mask;
      const at = slot * slotWords;
      const own = slots[at + startAt] ?? 0;
      if (own === 0) return -1;
      if (slots[at + hashAt] !== hash) continue;
      const ownLength = slots[at + lengthAt] ?? 0;
      if (length === undefined ? start + ownLength > end : length !== ownLength) continue;
      if (areEqual(this.#store.view, own - 1, view, start, ownLength)) return slot;
    }
    return -1;
  }

  /** Where in `store` the bytes are that an entry keeps behind its own. */
  besideAt(slot: number): number {
    const at = slot * slotWords;
    return (this.#slots[at + startAt] ?? 0) - 1 + (this.#slots[at + lengthAt] ?? 0);
  }

  lengthAt(slot: number): number {
    return this.#slots[slot * slotWords + lengthAt] ?? 0;
  }

  noteAt(slot: number): number {
    return this.#slots[slot * slotWords + noteAt] ?? 0;
  }

  /** Where the bytes are; another one once all is forgotten, so that a place in this one stays what it is. */
  get store(): ByteStore {
    return this.#store;
  }

  /**
   * @param hash a 32-bit integer of these bytes, or of a part of them that tells them apart well
   * @param note a 32-bit integer to keep
   * @param beside bytes to keep behind the entry's own
   * @returns where in `store` those are; -1 where the entry is not kept
   */
  add(hash: number, bytes: Uint8Array, note = 0, beside: Uint8Array = noBytes): number {
    const length = bytes.length + beside.length;
    if (length > this.#mostBytes) return -1;
    if (this.#size >= this.#mostEntries || this.#store.used + length > this.#mostBytes) this.#clear();
    if (this.#size * 2 * slotWords >= this.#slots.length) this.#growSlots();
    const slot = this.#freeSlot(hash);
    if (slot < 0) return -1;
    this.#put(slot, hash, this.#store.append(bytes) + 1, bytes.length, note);
    this.#size += 1;
    return this.#store.append(beside);
  }

  #put(slot: number, hash: number, start: number, length: number, note: number): void {
    const at = slot * slotWords;
    this.#slots[at + hashAt] = hash;
    this.#slots[at + startAt] = start;
    this.#slots[at + lengthAt] = length;
    this.#slots[at + noteAt] = note;
  }

  #freeSlot(hash: number): number {
    const mask = this.#slots.length / slotWords - 1;
    for (let probe = 0; probe < mostProbes; probe++) {
      const slot = (hash + probe) & mask;
      if (this.#slots[slot * slotWords + startAt] === 0) return slot;
    }
    return -1;
  }

  #growSlots(): void {
    const slots = this.#slots;
    this.#slots = new Int32Array(slots.length * 2);
    this.#size = 0;
    for (let at = 0; at < slots.length; at += slotWords) {
      const [hash = 0, start = 0, length = 0, note = 0] = slots.subarray(at, at + slotWords);
      const slot = start === 0 ? -1 : this.#freeSlot(hash);
      if (slot < 0) continue;
      this.#put(slot, hash, start, length, note);
      this.#size += 1;
    }
  }

  #clear(): void {
    this.#slots.fill(0);
    this.#size = 0;
    this.#store = new ByteStore(this.#store.bytes.length);
  }
}
