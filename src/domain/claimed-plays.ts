import type { EpochRecord } from "./epoch.ts";
import type { EventId } from "./play.ts";
import type { ShardKey } from "./position.ts";
import { type Facts, factFlags, type SegmentContents } from "./segment.ts";
import { type SegmentSource, walkEpoch } from "./segment-chain.ts";
import type { PlayCounts } from "./totals.ts";

/** What counts of a segment. */
export interface CountedContents {
  readonly contents: SegmentContents;
  /** What is left out, because its id counts elsewhere. */
  readonly repeats: PlayCounts;
}

export interface CountedSegment extends CountedContents {
  readonly shard: ShardKey;
}

const noRepeats: PlayCounts = { plays: 0, unqualified: 0 };

/**
 * What counts of an epoch's segments (I3): all plays, but of marked ones only the first of each id that is the epoch's,
 * in the order of the walk. Segments with marked plays come last. Every stage that reads an epoch's plays reads them here.
 *
 * @param claimed which of these ids are the epoch's; asked once, after the last segment was read, and not without ids
 * @throws StoreError at a gap (I4)
 */
export async function* readCounted(
  record: EpochRecord,
  source: SegmentSource,
  decode: (body: Uint8Array) => SegmentContents,
  claimed: (ids: readonly EventId[]) => Promise<ReadonlySet<EventId>>,
): AsyncIterableIterator<CountedSegment> {
  const withMarks: { readonly shard: ShardKey; readonly body: Uint8Array }[] = [];
  const ids = new Set<EventId>();
  for await (const { head, body } of walkEpoch(record, source)) {
    const contents = decode(body);
    if (contents.marked.id.length === 0) {
      yield { shard: head.shard, contents, repeats: noRepeats };
      continue;
    }
    withMarks.push({ shard: head.shard, body }); // as bytes: an import is all marks
    for (const id of contents.marked.id) ids.add(id);
  }
  if (ids.size === 0) return;
  const left = new Set(await claimed([...ids]));
  for (const { shard, body } of withMarks) yield { shard, ...leaveOutRepeats(decode(body), left) };
}

/**
 * A segment without the marked plays whose id is not among `left`. Names that only they used stay: whoever counts numbers a name
 * once a play uses it. What counts is taken out of `left`, so that its id counts once.
 */
export function leaveOutRepeats(contents: SegmentContents, left: Set<EventId>): CountedContents {
  const { facts, marked, sample } = contents;
  const refused = new Set(marked.play.filter((_, i) => !left.delete(marked.id[i] ?? ("" as EventId))));
  if (refused.size === 0) return { contents, repeats: noRepeats };
  const kept = <Column extends AnyColumn>(column: Column): Column =>
    column.filter((_, play) => !refused.has(play)) as Column;
  const counted: Facts = {
    user: kept(facts.user),
    track: kept(facts.track),
    startedAt: kept(facts.startedAt),
    arrivedAt: kept(facts.arrivedAt),
    listenedMs: kept(facts.listenedMs),
    flags: kept(facts.flags),
    rating: kept(facts.rating),
    tenth: kept(facts.tenth),
    platform: kept(facts.platform),
    mood: kept(facts.mood),
    country: kept(facts.country),
    idHi: kept(facts.idHi),
    idLo: kept(facts.idLo),
  };
  const firstOfSample = facts.user.length - sample.length;
  return {
    contents: {
      ...contents,
      facts: counted,
      marked: { play: [], id: [] }, // decided
      sample: sample.filter((_, i) => !refused.has(firstOfSample + i)),
    },
    repeats: countRepeats(facts, refused),
  };
}

function countRepeats({ flags }: Facts, refused: ReadonlySet<number>): PlayCounts {
  let plays = 0;
  for (const play of refused) if (((flags[play] ?? 0) & factFlags.qualified) !== 0) plays += 1;
  return { plays, unqualified: refused.size - plays };
}

type AnyColumn = Uint8Array | Uint16Array | Uint32Array | Float64Array;
