import { describe, expect, test } from "vitest";
import { createSimulator } from "#simulator/simulator.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { expandRecord } from "#src/wire/play-record.ts";
import { type Batch, batchesOf } from "../../../bench/consumer/batches.ts";

const simulator = createSimulator({ seed: 1, users: 300, songs: 1000 });
const at = Date.parse("2026-11-20T20:30:00Z") as EpochMs;
const lines = Array.from({ length: 5000 }, () => encodePlay(simulator.next(at)));

const idsIn = ({ records }: Batch): readonly string[] =>
  records.flatMap((record) => {
    const data = typeof record === "string" ? Buffer.from(record) : record;
    const entries = expandRecord({ sequenceNumber: "1", data, arrivedAt: at }, nodeRecordCodec);
    return entries.map((entry) => (entry.kind === "play" ? String(entry.play.eventId) : "a reject"));
  });

test("single records come in batches of 6,500, and plays that come again have new ids", () => {
  const batches = batchesOf(lines, "json");

  const [first, second] = [idsIn(batches.next()), idsIn(batches.next())];

  expect([first.length, second.length]).toEqual([6500, 6500]);
  expect(new Set([...first, ...second]).size).toBe(13_000);
});

describe.each([
  ["gzip", 80],
  ["columnar", 80],
] as const)("%s records", (kind, playsEach) => {
  test("are blocks of plays, as many as 6 MB of event hold", { timeout: 60_000 }, () => {
    const batch = batchesOf(lines, kind).next();

    const base64Bytes = batch.records.reduce((sum, { length }) => sum + Math.ceil(length / 3) * 4 + 420, 0);
    expect(batch.plays).toBe(batch.records.length * playsEach);
    expect(base64Bytes).toBeGreaterThan(0.99 * 6 * 2 ** 20);
    expect(base64Bytes).toBeLessThanOrEqual(6 * 2 ** 20);
    const some = idsIn({ ...batch, records: batch.records.slice(0, 20) });
    expect(new Set(some).size).toBe(20 * playsEach);
    expect(some).not.toContain("a reject");
  });
});
