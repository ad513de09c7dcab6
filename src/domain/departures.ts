/** Who left a chart, and the best rank it had there. */
export interface Departure {
  readonly id: string;
  readonly peak: number;
}

/** A chart remembers so many departures, the newest. */
export const departuresKept = 100;

/**
 * The departures after a version, newest first.
 *
 * @param before entries of the version before
 * @param after entries of the version: who is in it again is forgotten here
 * @param known the departures before it
 */
export function departuresAfter(
  before: readonly Departure[],
  after: readonly Pick<Departure, "id">[],
  known: readonly Departure[],
): readonly Departure[] {
  const present = new Set(after.map(({ id }) => id));
  return [...before, ...known]
    .filter(({ id }) => !present.has(id))
    .slice(0, departuresKept)
    .map(({ id, peak }) => ({ id, peak }));
}
