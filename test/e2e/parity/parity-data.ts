import { gzipSync } from "node:zlib";
import { Random } from "#simulator/random.ts";
import { createSimulator, simulatePlays } from "#simulator/simulator.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import type { RawRecord } from "../harness/deployed-system.ts";

const seed = 20261121;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Spans of simulated plays: how long ago they started, and how many there are. */
const spans = [
  { name: "of the last hours", agoMs: 2 * hourMs, count: 2600 },
  { name: "too late for their hour", agoMs: 3 * dayMs, count: 300 },
  { name: "too late for their day", agoMs: 20 * dayMs, count: 200 },
  { name: "too late for any window", agoMs: 60 * dayMs, count: 100 },
] as const;

const tiedSongs = ["ﬀ", "zz", "\u{1f3b8}", "東京", "aa", "B", "é", "e\u0301"];
const tiedPlays = 3;
const duplicateCount = 180;
const rejectCount = 40;

export interface ParityData {
  /** One play a line, or what is none, in the order in which they are put. */
  readonly lines: readonly string[];
  /** Those of `lines` that are plays, duplicates included. */
  readonly plays: readonly string[];
  readonly rejects: number;
}

/** The first `count` lines. */
export function headOf({ lines, plays }: ParityData, count: number): ParityData {
  const isPlay = new Set(plays);
  const head = lines.slice(0, count);
  const accepted = head.filter((line) => isPlay.has(line));
  return { lines: head, plays: accepted, rejects: head.length - accepted.length };
}

/**
 * Plays with everything that could tell two ways of counting apart: duplicates (some of them with another song), songs and
 * artists that tie down to their ids, which are not ASCII, plays too late for their windows, plays too short to be charted,
 * titles that change, and lines that are no plays. The same seed and time give the same data.
 *
 * @param now epoch ms; no play is younger than ten minutes
 */
export function parityData(now: number): ParityData {
  const random = new Random(seed);
  const texts = spans.flatMap(({ agoMs, count }, index) => {
    const simulator = createSimulator({ seed: seed + index, users: 150, songs: 400, listening: 40 });
    const from = (now - agoMs) as EpochMs;
    return [...simulatePlays(simulator, { from, count, rate: count / ((2 * hourMs - 600_000) / 1000) })].map(
      encodePlay,
    );
  });
  texts.push(...ties(now - hourMs), ...retitled(now - hourMs));
  shuffle(texts, random);
  const plays = withDuplicates(texts, random);
  const lines = [...plays];
  for (let i = 0; i < rejectCount; i++) lines.splice(random.below(lines.length + 1), 0, reject(i));
  return { lines, plays, rejects: rejectCount };
}

/** Songs with equal plays that were first played at the same time, each by another artist. */
function ties(startedAt: number): string[] {
  return tiedSongs.flatMap((id, song) =>
    Array.from({ length: tiedPlays }, (_, play) =>
      JSON.stringify({
        event_id: `tie-${song}-${play}`,
        user_id: `tied-${play}`,
        track: { id: `tie ${id}`, artist: id, title: id, duration_ms: 200_000 },
        started_at: startedAt,
        ms_played: 200_000,
      }),
    ),
  );
}

/** One song under three titles, of which the earliest play's counts. */
function retitled(startedAt: number): string[] {
  return ["B-Side", "A-Side", "Remaster"].map((title, i) =>
    JSON.stringify({
      event_id: `title-${i}`,
      user_id: "retitled",
      track: { id: "retitled", artist: "The Same", title },
      started_at: startedAt - i * 1000,
    }),
  );
}

/** Some plays again, later; every third of them claims another song under the same id. The first one counts. */
function withDuplicates(texts: readonly string[], random: Random): string[] {
  const all = [...texts];
  for (let i = 0; i < duplicateCount; i++) {
    const original = random.below(texts.length);
    const text = texts[original] ?? "";
    const again =
      i % 3 === 0
        ? JSON.stringify({ ...JSON.parse(text), track: { artist: "Impostor", title: "No" } })
        : text;
    const at = all.lastIndexOf(text) + 1;
    all.splice(at + random.below(all.length - at + 1), 0, again);
  }
  return all;
}

const reject = (i: number): string =>
  [
    `no JSON, line ${i}`,
    JSON.stringify({ user_id: `nobody-${i}`, started_at: 1 }),
    JSON.stringify({
      user_id: "a@b.example",
      track: { artist: "A", title: "T" },
      started_at: 1_700_000_000_000,
    }),
    JSON.stringify({ user_id: "early", track: { artist: "A", title: "T" }, started_at: 5 }),
  ][i % 4] ?? "";

function shuffle(items: string[], random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [items[i], items[j]] = [items[j] ?? "", items[i] ?? ""];
  }
}

/** The lines as gzip blocks: a listener's lines under the listener's key and in their order, as a producer sends them. */
export function blocksOf(lines: readonly string[], linesPerBlock: number): RawRecord[] {
  const open = new Map<string, string[]>();
  const records: RawRecord[] = [];
  const close = (key: string, block: readonly string[]): void => {
    records.push({ key, data: gzipSync(`${block.join("\n")}\n`) });
  };
  for (const line of lines) {
    const key = keyOf(line);
    const block = open.get(key) ?? [];
    open.set(key, block);
    block.push(line);
    if (block.length < linesPerBlock) continue;
    open.delete(key);
    close(key, block);
  }
  for (const [key, block] of open) close(key, block);
  return records;
}

function keyOf(line: string): string {
  const user = /"user_id":"([^"]+)"/.exec(line)?.[1] ?? "nobody";
  return partitionKeyOf(user as UserId);
}
