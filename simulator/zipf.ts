/** Draws ranks from 0 on with a probability proportional to `1 / (rank + 1) ^ exponent`. */
export class Zipf {
  readonly #cumulative: Float64Array;

  constructor(count: number, exponent = 1) {
    this.#cumulative = new Float64Array(count);
    let sum = 0;
    for (let rank = 0; rank < count; rank++) {
      sum += (rank + 1) ** -exponent;
      this.#cumulative[rank] = sum;
    }
  }

  /** @param random from 0 up to, but never, 1 */
  rank(random: number): number {
    const cumulative = this.#cumulative;
    const target = random * (cumulative[cumulative.length - 1] ?? 0);
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cumulative[middle] ?? 0) <= target) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
