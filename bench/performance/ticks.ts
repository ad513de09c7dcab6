/** Where an axis has its marks. */
export interface Scale {
  /** From 0 at its start to 1 at its end. */
  place(value: number): number;
  readonly ticks: readonly number[];
}

const steps = [1, 2, 5, 10] as const;

/** From 0 up to the next mark above the largest value, with four to eight marks. */
export function linearScale(values: readonly number[]): Scale {
  const largest = Math.max(...values, 0);
  if (!(largest > 0)) return { place: () => 0, ticks: [0] };
  const rough = largest / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (steps.find((each) => each * power >= rough) ?? 10) * power;
  const count = Math.ceil(largest / step - 1e-9);
  const end = count * step;
  return {
    place: (value) => value / end,
    ticks: Array.from({ length: count + 1 }, (_, i) => roundedTo(i * step, power)),
  };
}

/** From the mark below the smallest value to the one above the largest: 1, 2 and 5 of each power of ten, or powers alone. */
export function logarithmicScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return { place: () => 0, ticks: [] };
  const [smallest, largest] = [Math.min(...positive), Math.max(...positive)];
  const factors = largest / smallest > 1000 ? [1] : [1, 2, 5];
  const [first, last] = [Math.floor(Math.log10(smallest)), Math.ceil(Math.log10(largest))];
  const marks: number[] = [];
  for (let power = first; power <= last; power++)
    for (const factor of factors) marks.push(roundedTo(factor * 10 ** power, 10 ** power));
  const from = marks.findLast((mark) => mark <= smallest) ?? smallest;
  const to = marks.find((mark) => mark >= largest && mark > from) ?? from * 10;
  return {
    place: (value) => Math.log(value / from) / Math.log(to / from),
    ticks: marks.filter((mark) => mark >= from && mark <= to),
  };
}

/** Without the last bits that a sum of decimals gathers. */
const roundedTo = (value: number, power: number): number =>
  Number(value.toFixed(Math.max(0, -Math.floor(Math.log10(power)))));

/** A mark as text: 0.05, 20, 5,000, 2M. */
export function tickText(value: number): string {
  if (value >= 1_000_000) return `${Number((value / 1_000_000).toPrecision(3))}M`;
  return value.toLocaleString("en-US", { maximumFractionDigits: 6 });
}
