import { idBytes, type RowColumn, rowColumns } from "./columnar-format.ts";

/** Columns that most plays of a CSV file leave empty. */
export type RareColumn = Exclude<RowColumn, "user" | "track" | "startedAt" | "duration">;

export const rareColumns = rowColumns.filter(
  (name): name is RareColumn =>
    name !== "user" && name !== "track" && name !== "startedAt" && name !== "duration",
);

/**
 * One play as a columnar block takes it: numbers of a `PlayDictionary`, and values as src/wire/columnar-format.ts has them, 0 for
 * what is absent. A reader of plays has one, and fills it again for each.
 */
export class RowValues {
  user = 0;
  track = 0;
  /** Epoch ms. */
  startedAt = 0;
  /** ms plus 1. */
  duration = 0;
  /** Whether `rare` may hold anything: to look through it is a tenth of a plain row's way into its block. */
  hasRare = false;
  /** By `rareColumns`. */
  readonly rare = new Uint32Array(rareColumns.length);
  /** The event id's 128 bits, where the column `id` has none. */
  readonly id = new Uint8Array(idBytes);
  /** What the texts of the row take at most. */
  textBytes = 0;
}
