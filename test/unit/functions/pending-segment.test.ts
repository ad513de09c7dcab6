import { expect, test } from "vitest";
import { PendingSegment } from "#functions/mapreduce/pending-segment.ts";
import { DedupeWindow } from "#src/domain/dedupe-window.ts";
import { hash64 } from "#src/domain/hash64.ts";
import type { EpochMs, EventId, Play } from "#src/domain/play.ts";
import { rowOf } from "#src/domain/play-row.ts";
import { noCounts, origin, type ShardKey } from "#src/domain/position.ts";
import { SegmentMemory } from "#src/domain/segment-builder.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { maxPlayBytes, type RecordEntry, rejectChunkBytes } from "#src/wire/play-record.ts";
import { decodeSegment } from "#src/wire/segment-codec.ts";
import { aPlay } from "#test/support/builders.ts";

const arrivedAt = 1_795_185_000_000 as EpochMs;

function emptySegment(): PendingSegment {
  const shard = "plays/shardId-000000000000" as ShardKey;
  const head = { shard, position: origin, counts: noCounts, arrivedAt };
  return new PendingSegment(head, new DedupeWindow(600_000), new SegmentMemory());
}

function add(segment: PendingSegment, entry: RecordEntry, sequenceNumber: string): void {
  segment.moveTo(sequenceNumber, 1, arrivedAt);
  if (entry.kind === "reject") segment.addReject(entry.chunk);
  else segment.addPlay(rowOf(entry.play, hash64(entry.play.eventId, { hi: 0, lo: 0 })));
}

function aPlayEntry(n: number, text: string): RecordEntry {
  const ids = { eventId: `e-${n}` as EventId, userId: `${n}`.padEnd(120, text) };
  return {
    kind: "play",
    play: aPlay({ ...ids, track: { id: `${n}`.padEnd(200, text), artist: text.repeat(1024) } }),
  };
}

/** Noise: it must not compress. */
const anIncompressibleReject = (n: number): RecordEntry => {
  const raw = Uint8Array.from(
    { length: rejectChunkBytes },
    (_, i) => (Math.imul(i + n * 7919, 2_654_435_761) >>> 13) & 255,
  );
  const at = { sequenceNumber: String(n), entry: 0, arrivedAt, chunk: 0, chunks: 1 };
  return { kind: "reject", chunk: { ...at, reason: "\u20ac".repeat(200), raw } };
};

test.each<[string, (n: number) => RecordEntry]>([
  ["small plays", (n) => ({ kind: "play", play: aPlay({ eventId: `e-${n}` as EventId }) })],
  ["plays of long names", (n) => aPlayEntry(n, "x")],
  ["plays of long names of three bytes a character", (n) => aPlayEntry(n, "\u6f22")],
  [
    "the longest plays",
    (n) => ({
      kind: "play",
      play: aPlay({ eventId: `e-${n}` as EventId, ext: { x: "x".repeat(maxPlayBytes - 300) } }),
    }),
  ],
  ["rejects", anIncompressibleReject],
])("a segment that is filled with %s until it is full stays below its bound", (_, entryOf) => {
  const segment = emptySegment();
  let entries = 0;
  for (; !segment.isFull; entries++) add(segment, entryOf(entries), String(entries + 1));

  const finished = segment.finish(arrivedAt);

  expect(entries).toBeGreaterThan(10);
  expect(finished.body.length).toBeLessThanOrEqual(256 * 1024);
});

/** What is kept in full of so many plays whose JSON has so many characters. */
function sampleOf(plays: number, characters: number): readonly Play[] {
  const bare = encodePlay(aPlay({ eventId: "e-00", ext: { x: "" } })).length;
  const segment = emptySegment();
  for (let i = 0; i < plays; i++) {
    const eventId = `e-${String(i).padStart(2, "0")}` as EventId;
    const play = aPlay({ eventId, ext: { x: "x".repeat(characters - bare) } });
    add(segment, { kind: "play", play }, String(i + 1));
  }
  return decodeSegment(segment.finish(arrivedAt).body).sample.map(({ play }) => play);
}

test.each([
  [19, 19],
  [20, 20],
  [21, 20],
])("of %d plays the newest %d are kept in full", (plays, kept) => {
  const sample = sampleOf(plays, 300);

  expect(sample).toHaveLength(kept);
  expect(sample.at(-1)?.eventId).toBe(`e-${plays - 1}`);
});

test.each([
  [4095, 2],
  [4096, 2],
  [4097, 1],
])(
  "of plays of %d characters, each counted as three bytes, as many are kept as fit into 24 KiB: %d",
  (characters, kept) => {
    expect(sampleOf(3, characters)).toHaveLength(kept);
  },
);
