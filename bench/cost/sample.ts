import { mix } from "#simulator/random.ts";

/** A part of a set of keys: as many of one end of an order as of the other. The same keys give the same sample. */
export class Sample {
  readonly keys: ReadonlySet<string>;
  /** How many keys there are for each one that was drawn. */
  readonly factor: number;

  /**
   * @param size how many to draw; all where there are fewer
   * @param placeOf where a key stands in the order; what a key costs should depend on it
   */
  constructor(all: ReadonlySet<string>, size: number, placeOf: (key: string) => number) {
    const drawn = all.size <= size ? [...all] : drawEvenly(all, size, placeOf);
    this.keys = new Set(drawn);
    this.factor = drawn.length === 0 ? 1 : all.size / drawn.length;
  }
}

/** 32 bits of a key. */
export function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return mix(hash, key.length);
}

function drawEvenly(all: ReadonlySet<string>, size: number, placeOf: (key: string) => number): string[] {
  const sorted = [...all].map((key) => ({ key, place: placeOf(key) })).sort((a, b) => a.place - b.place);
  const step = sorted.length / size;
  return Array.from({ length: size }, (_, i) => sorted[Math.floor((i + 0.5) * step)]?.key ?? "");
}
