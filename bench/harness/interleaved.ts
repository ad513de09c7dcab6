/** One of those that are compared. */
export interface Contestant<Sample> {
  readonly name: string;
  run(): Promise<Sample>;
}

export interface Rounds {
  /** Rounds whose samples are thrown away. */
  readonly warmUp: number;
  readonly measured: number;
}

/**
 * Lets all contestants run once a round, so that whatever the machine does meanwhile meets all of them; who begins changes
 * with each round. Returns the samples of the measured rounds by name.
 */
export async function runInterleaved<Sample>(
  contestants: readonly Contestant<Sample>[],
  { warmUp, measured }: Rounds,
  onRun: (name: string, sample: Sample) => void = () => undefined,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(contestants.map(({ name }) => [name, []]));
  for (let round = -warmUp; round < measured; round++) {
    for (const { name, run } of rotated(contestants, round + warmUp)) {
      const sample = await run();
      onRun(name, sample);
      if (round >= 0) samples.get(name)?.push(sample);
    }
  }
  return samples;
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const first = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
