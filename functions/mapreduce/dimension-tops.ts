import { type Dimension, dimensions } from "#src/domain/counter.ts";
import { DimensionTops, playsOfDay } from "#src/domain/dimension-tops.ts";
import { type EpochNumber, type EpochRecord, isWrittenIn } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { EpochMs, EventId } from "#src/domain/play.ts";
import { PlaysByValueFold } from "#src/domain/plays-by-value.ts";
import type { Head } from "#src/domain/position.ts";
import type { SegmentContents } from "#src/domain/segment.ts";
import { walkEpoch } from "#src/domain/segment-chain.ts";
import { startOfDay } from "#src/domain/windows.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { decodeSegment } from "#src/wire/segment-codec.ts";
import { decodeTops, encodeTops, topsKey } from "#src/wire/tops-codec.ts";

export interface DimensionTopsDeps {
  readonly epochs: Pick<EpochLog, "read">;
  readonly segments: Pick<SegmentStore, "readRange">;
  readonly claims: Pick<ClaimStore, "read">;
  readonly publications: PublicationStore;
  /** The first epoch in each such span of time publishes, ms. */
  readonly topsEveryMs: number;
}

/** A dimension's songs, as they are before an epoch adds to them. */
interface OpenTops {
  readonly dimension: Dimension;
  /** The epoch up to which plays are in. */
  readonly upTo: EpochNumber;
  /** The clock of the epoch up to which plays are left out. */
  readonly since: EpochMs | undefined;
  readonly tops: DimensionTops;
}

/**
 * Brings the most played songs of each value up to date: today's plays of all epochs since they were last published, out of
 * the segments. Approximate, and published once in `topsEveryMs`, because they are large and change with every play (ADR 16).
 * The epoch's plays are claimed before. Doing it again changes nothing.
 *
 * @param newestStart of the epoch's plays, epoch ms: where none is of today, its segments need not be read
 * @throws StaleEpochError where one belongs to a later epoch
 */
export async function publishTops(
  deps: DimensionTopsDeps,
  record: EpochRecord,
  newestStart: number,
): Promise<void> {
  const previous = record.epoch === 1 ? undefined : await readRecord(deps.epochs, record.epoch - 1);
  const spanOf = ({ now }: EpochRecord): number => Math.floor(now / deps.topsEveryMs);
  if (previous !== undefined && spanOf(previous) === spanOf(record)) return;
  const open = await Promise.all(
    dimensions.map((dimension) => openTops(deps.publications, record, previous, dimension)),
  );
  // All end at the same epoch but where a dimension is new.
  const byEpoch = Map.groupBy(open.flat(), ({ upTo }) => upTo);
  for (const [upTo, some] of byEpoch) {
    const isIdle = upTo === record.epoch - 1 && newestStart < dayOf(record);
    if (!isIdle) await addPlays(deps, record, upTo, some);
    for (const tops of some) await write(deps.publications, record, tops);
  }
}

/** Adds what came after epoch `upTo`. */
async function addPlays(
  deps: DimensionTopsDeps,
  record: EpochRecord,
  upTo: EpochNumber,
  open: readonly OpenTops[],
): Promise<void> {
  const from = upTo === 0 ? [] : (await readRecord(deps.epochs, upTo)).to;
  for await (const plays of readPlays(deps, record, from, upTo))
    for (const { dimension, tops } of open) tops.add(plays.byValue(dimension));
}

/**
 * Starts all of them anew at an epoch that corrects: nobody can be taken out of them. What was played before it is left
 * out, and they say so.
 */
export async function restartTops(publications: PublicationStore, record: EpochRecord): Promise<void> {
  for (const dimension of dimensions) {
    const tops = { dimension, upTo: record.epoch, since: record.now, tops: new DimensionTops() };
    await write(publications, record, tops);
  }
}

/** A dimension's songs; none where an earlier attempt at the epoch has written them. */
async function openTops(
  publications: PublicationStore,
  record: EpochRecord,
  previous: EpochRecord | undefined,
  dimension: Dimension,
): Promise<readonly OpenTops[]> {
  const key = topsKey(dimension);
  const published = await publications.read(key);
  const anew = { upTo: (previous?.epoch ?? 0) as EpochNumber, since: previous?.now };
  if (isWrittenIn(record.epoch, key, published)) return [];
  if (published === undefined) return [{ dimension, ...anew, tops: new DimensionTops() }];
  const { day, since, now, tops } = decodeTops(key, published.body);
  const upTo = published.epoch;
  const today = dayOf(record);
  if (day === today) return [{ dimension, upTo, since, tops: new DimensionTops(tops) }];
  // The segments of another day's epochs may have expired, and are not needed.
  const start = previous !== undefined && dayOf(previous) === today ? { upTo, since: now } : anew;
  return [{ dimension, ...start, tops: new DimensionTops() }];
}

async function write(
  publications: PublicationStore,
  record: EpochRecord,
  { dimension, since, tops }: OpenTops,
): Promise<void> {
  const body = encodeTops({ day: dayOf(record), since, now: record.now, tops: tops.state() });
  await publications.write(topsKey(dimension), { epoch: record.epoch, body });
}

/** So many plays are merged at once: a merge costs the same whatever comes of it, and more plays more memory. */
const playsPerMerge = 50_000;

/**
 * Today's plays in the segments after `from`, some at a time.
 *
 * @param upTo the epoch that ended at `from`
 * @throws StoreError at a gap (I4)
 */
async function* readPlays(
  deps: DimensionTopsDeps,
  record: EpochRecord,
  from: readonly Head[],
  upTo: EpochNumber,
): AsyncIterableIterator<PlaysByValueFold> {
  const counted = new Set<EventId>();
  let fold = new PlaysByValueFold(dayOf(record));
  for await (const { body } of walkEpoch({ from, to: record.to }, deps.segments)) {
    const contents = decodeSegment(body);
    const repeats = await findRepeats(deps.claims, record, contents, upTo, counted);
    fold.add(contents, repeats);
    if (fold.plays < playsPerMerge) continue;
    yield fold;
    fold = new PlaysByValueFold(dayOf(record));
  }
  if (fold.plays > 0) yield fold;
}

/**
 * Those of today's marked plays that do not count (I3): an earlier epoch has claimed their id, or a play before them has it.
 *
 * @param counted ids that were counted since `upTo`; those that count now are added
 */
async function findRepeats(
  claims: Pick<ClaimStore, "read">,
  record: EpochRecord,
  contents: SegmentContents,
  upTo: EpochNumber,
  counted: Set<EventId>,
): Promise<ReadonlySet<number>> {
  const { play: plays, id: ids } = contents.marked;
  if (plays.length === 0) return new Set();
  const ofToday = new Set(playsOfDay(contents, dayOf(record)));
  const marked = plays.flatMap((play, i) => {
    const id = ids[i];
    return id !== undefined && ofToday.has(play) ? [{ play, id }] : [];
  });
  const repeats = new Set<number>();
  const owners = await claims.read([...new Set(marked.map(({ id }) => id))]);
  for (const { play, id } of marked) {
    if ((owners.get(id) ?? 0) <= upTo || counted.has(id)) repeats.add(play);
    else counted.add(id);
  }
  return repeats;
}

async function readRecord(epochs: Pick<EpochLog, "read">, epoch: number): Promise<EpochRecord> {
  const record = await epochs.read(epoch as EpochNumber);
  if (record === undefined) throw new CorruptStoreError(`epoch ${epoch} has no record`);
  return record;
}

/** The start of the UTC day that is current in an epoch. */
const dayOf = ({ now }: EpochRecord): EpochMs => startOfDay(now);
