import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { UserId } from "#src/domain/play.ts";
import { entriesBefore, type Head, type Position } from "#src/domain/position.ts";
import { partOf, profilesAfter } from "#src/domain/profile-fold.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";

type Positions = ReadonlyMap<string, Position>;

/** Up to where listeners' profiles hold what is counted, as a committed epoch left them: they may be behind (ADR 23). */
export class FoldedProfiles {
  /** What every profile holds. */
  readonly #all: Positions;
  /** What those of the first parts hold. */
  readonly #first: Positions;
  readonly #firstParts: number;
  readonly #parts: number;

  private constructor(all: readonly Head[], first: readonly Head[], firstParts: number, parts: number) {
    this.#all = positionsOf(all);
    this.#first = positionsOf(first);
    this.#firstParts = firstParts;
    this.#parts = parts;
  }

  /** @param record a committed epoch's */
  static async of(epochs: Pick<EpochLog, "read">, record: EpochRecord): Promise<FoldedProfiles> {
    const { from, to, done, parts } = profilesAfter(record);
    const headsAt = async (epoch: EpochNumber): Promise<readonly Head[]> => {
      if (epoch === 0) return [];
      const found = epoch === record.epoch ? record : await epochs.read(epoch);
      if (found === undefined) throw new StoreError(`epoch ${epoch} has no record`);
      return found.to;
    };
    return new FoldedProfiles(await headsAt(from.epoch), await headsAt(to.epoch), done, parts);
  }

  /** @param entry the place of a play among those of its record, from 0 */
  hold(
    { shard, sequenceNumber }: { readonly shard: string; readonly sequenceNumber: string },
    entry: number,
    userId: string,
  ): boolean {
    const isFirst = this.#parts > 0 && partOf(userId as UserId, this.#parts) < this.#firstParts;
    const position = (isFirst ? this.#first : this.#all).get(shard);
    return position !== undefined && entry < entriesBefore(position, sequenceNumber);
  }
}

const positionsOf = (heads: readonly Head[]): Positions =>
  new Map(heads.map(({ shard, position }) => [shard, position]));
