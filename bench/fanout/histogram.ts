const bucketMs = 0.1;
const buckets = 600_000;

/** Times in buckets of 0.1 ms, up to a minute: as many as there are, in the same memory. */
export class Histogram {
  readonly #counts = new Uint32Array(buckets);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** @param ms less than 0 counts as 0: two processes read their clocks one after the other */
  add(ms: number): void {
    const bucket = Math.min(buckets - 1, Math.max(0, Math.floor(ms / bucketMs)));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
  }

  /** The time that a share of all were no longer than, ms (the bucket's end); NaN where there are none. */
  percentile(share: number): number {
    if (this.#total === 0) return Number.NaN;
    let left = Math.ceil(share * this.#total);
    for (let bucket = 0; bucket < buckets; bucket++) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) return (bucket + 1) * bucketMs;
    }
    return buckets * bucketMs;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }
}
