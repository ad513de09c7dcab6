/** Microseconds below this have a bucket each; above it, each doubling is cut into half as many: three significant digits. */
const linearBuckets = 2048;
const halfBuckets = linearBuckets / 2;
/** The bits of a value that its bucket keeps. */
const keptBits = 11;
/** An hour, microseconds: what took longer counts as an hour. */
const longestUs = 3_600_000_000;
const bucketCount = bucketOf(longestUs) + 1;

/** A time that some share of all were no longer than. */
export interface Quantile {
  /** 0 to 1. */
  readonly share: number;
  readonly ms: number;
}

/**
 * Times in log-linear buckets, as High Dynamic Range histograms have them (http://hdrhistogram.org): from a microsecond to
 * an hour with an error of at most 0.1 %, as many as there are in the same 94 KB.
 */
export class HdrHistogram {
  readonly #counts = new Uint32Array(bucketCount);
  #total = 0;
  #sumMs = 0;
  #longestMs = 0;

  /** How many times were added. */
  get total(): number {
    return this.#total;
  }

  /** The longest time that was added, ms, exactly; NaN where there are none. */
  get longestMs(): number {
    return this.#total === 0 ? Number.NaN : this.#longestMs;
  }

  /** The mean of all, ms, exactly; NaN where there are none. */
  get meanMs(): number {
    return this.#sumMs / this.#total;
  }

  /**
   * @param ms less than 0 counts as 0: two processes read their clocks one after the other
   * @param times how many took so long
   */
  add(ms: number, times = 1): void {
    const atLeast0 = Math.max(0, ms);
    const bucket = bucketOf(Math.min(longestUs, Math.round(atLeast0 * 1000)));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + times;
    this.#total += times;
    this.#sumMs += atLeast0 * times;
    if (atLeast0 > this.#longestMs) this.#longestMs = atLeast0;
  }

  /** Adds everything that another one holds. */
  merge(other: HdrHistogram): void {
    for (let bucket = 0; bucket < bucketCount; bucket++)
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + (other.#counts[bucket] ?? 0);
    this.#total += other.#total;
    this.#sumMs += other.#sumMs;
    this.#longestMs = Math.max(this.#longestMs, other.#longestMs);
  }

  /** The time that a share (0 to 1) of all were no longer than, ms (the bucket's end); NaN where there are none. */
  percentile(share: number): number {
    if (this.#total === 0) return Number.NaN;
    let left = Math.max(1, Math.ceil(share * this.#total));
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) return Math.min(endOf(bucket) / 1000, this.#longestMs);
    }
    return this.#longestMs;
  }

  /**
   * The curve of all percentiles: each step halves the share that is left out, cut into `stepsPerHalf`, up to the longest time.
   */
  curve(stepsPerHalf = 8): readonly Quantile[] {
    const curve: Quantile[] = [];
    for (let leftOut = 1; leftOut * this.#total >= 1; leftOut *= 2 ** (-1 / stepsPerHalf))
      curve.push({ share: 1 - leftOut, ms: this.percentile(1 - leftOut) });
    if (this.#total > 0) curve.push({ share: 1, ms: this.#longestMs });
    return curve;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#sumMs = 0;
    this.#longestMs = 0;
  }
}

function bucketOf(us: number): number {
  if (us < linearBuckets) return us;
  const shift = 32 - Math.clz32(us) - keptBits;
  return linearBuckets + (shift - 1) * halfBuckets + ((us >>> shift) - halfBuckets);
}

/** The longest time of a bucket, microseconds. */
function endOf(bucket: number): number {
  if (bucket < linearBuckets) return bucket;
  const above = bucket - linearBuckets;
  const shift = Math.floor(above / halfBuckets) + 1;
  return ((above % halfBuckets) + halfBuckets + 1) * 2 ** shift - 1;
}
