import { describe, expect, test } from "vitest";
import type { EpochMs } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import {
  type RejectId,
  type RejectPiece,
  type RejectSummary,
  rejectIdOf,
  summaryOf,
} from "#src/domain/reject.ts";
import { dayMs } from "#src/domain/windows.ts";
import type { RejectQuery, RejectStore } from "#src/ports/reject-store.ts";
import { someTime } from "#test/support/builders.ts";
import { noise, type Open, opened, shuffled } from "./opened.ts";

const shard = "plays/shardId-000000000000" as ShardKey;
/** 2026-11-20T00:00:00Z. */
const dayStart = (someTime - (someTime % dayMs)) as EpochMs;

function aPiece(overrides: Partial<RejectPiece> = {}): RejectPiece {
  const piece = {
    ...{ shard, sequenceNumber: "49590338271490256608559692538361571095921575989136588898", entry: 0 },
    ...{ chunk: 0, chunks: 1, arrivedAt: someTime, reason: "record: not UTF-8" },
    raw: Uint8Array.of(0xff, 0, 1),
    ...overrides,
  };
  return { ...piece, id: rejectIdOf(piece.shard, piece) };
}

/** The chunks of one reject. */
const chunksOf = (
  raws: readonly Uint8Array[],
  overrides: Partial<RejectPiece> = {},
): readonly RejectPiece[] =>
  raws.map((raw, chunk) =>
    aPiece({ ...overrides, raw, chunk, chunks: raws.length, ...(chunk > 0 && { reason: "" }) }),
  );

/** Every page of a listing, and how many rejects each has. */
async function listAll(
  store: RejectStore,
  query: RejectQuery,
): Promise<{ readonly rejects: readonly RejectSummary[]; readonly pages: readonly number[] }> {
  const rejects: RejectSummary[] = [];
  const pages: number[] = [];
  let { after } = query;
  do {
    const page = await store.list({ ...query, after });
    rejects.push(...page.rejects);
    pages.push(page.rejects.length);
    after = page.next;
  } while (after !== undefined);
  return { rejects, pages };
}

/** What every RejectStore does. */
export function rejectStoreContract(name: string, open: Open<RejectStore>): void {
  describe(`${name} as a RejectStore`, () => {
    test("a store that holds nothing lists, counts and finds nothing", async () => {
      const store = await opened(open);

      await store.write([]);

      expect(await store.list({ day: someTime, limit: 10 })).toEqual({ rejects: [], next: undefined });
      expect(await store.counts(someTime)).toEqual([]);
      expect(await store.read(aPiece().id)).toBeUndefined();
    });

    test.each<[string, Partial<RejectPiece>]>([
      ["bytes that are no text", {}],
      ["no bytes at all", { raw: new Uint8Array() }],
      ["a chunk that does not compress", { raw: noise(10_240) }],
      ["a reason of many kinds of characters", { reason: 'user_id: expected "é", got "日本 🎵 \\ \' %"' }],
      ["the last line of the largest block", { entry: 9_999_999 }],
      ["a reject of 1970", { arrivedAt: 0 as EpochMs }],
    ])("a reject comes back as it was written: %s", async (_, overrides) => {
      const store = await opened(open);
      const piece = aPiece(overrides);

      await store.write([piece]);

      const expected = summaryOf(piece);
      expect(await store.read(piece.id)).toEqual({ ...expected, raw: piece.raw, isComplete: true });
      expect((await store.list({ day: piece.arrivedAt, limit: 10 })).rejects).toEqual([expected]);
    });

    test("written again, whole or in part, it is there once, as it was", async () => {
      const store = await opened(open);
      const pieces = chunksOf([noise(10_240), noise(7)]);

      await store.write(pieces);
      await store.write(pieces.slice(0, 1));
      await Promise.all([store.write(pieces), store.write([...pieces, ...pieces])]);

      const { rejects } = await listAll(store, { day: someTime, limit: 10 });
      expect(rejects).toHaveLength(1);
      expect(await store.counts(someTime)).toEqual([{ reason: "record: not UTF-8", count: 1 }]);
      expect(await store.read(rejects[0]?.id ?? ("" as RejectId))).toMatchObject({ isComplete: true });
    });

    test("a reject in pieces is complete once all of them are there, in whatever order they come", async () => {
      const store = await opened(open);
      const raws = Array.from({ length: 12 }, (_, index) => noise(10_240, index + 1));
      const [first, ...others] = chunksOf(raws);
      if (first === undefined) throw new Error("no first chunk");

      await store.write(others.slice(6));
      const before = await store.read(first.id);
      await store.write([first]);
      const partly = await store.read(first.id);
      await store.write(others.slice(0, 6));
      const whole = await store.read(first.id);

      expect(before).toBeUndefined();
      expect(partly).toMatchObject({ isComplete: false, raw: first.raw });
      expect(whole).toMatchObject({ isComplete: true, chunks: 12, reason: first.reason });
      expect(Buffer.concat(raws).equals(whole?.raw ?? new Uint8Array())).toBe(true);
    });

    test("a reject of which only a later piece is there is neither listed nor counted", async () => {
      const store = await opened(open);

      await store.write(chunksOf([noise(5), noise(6)]).slice(1));

      expect((await store.list({ day: someTime, limit: 10 })).rejects).toEqual([]);
      expect(await store.counts(someTime)).toEqual([]);
    });

    test("what is removed is gone with its raw bytes, and the others stay; removing again changes nothing", async () => {
      const store = await opened(open);
      const gone = chunksOf([noise(10_240), noise(7)]);
      const kept = aPiece({ entry: 1 });
      await store.write([...gone, kept]);
      const ids = gone.slice(0, 1).map(({ id }) => id);

      await store.remove(ids);
      await store.remove(ids);

      expect((await listAll(store, { day: someTime, limit: 10 })).rejects).toEqual([summaryOf(kept)]);
      expect(await store.read(kept.id)).toMatchObject({ raw: kept.raw, isComplete: true });
      for (const piece of gone.slice(0, 1)) expect(await store.read(piece.id)).toBeUndefined();
      await store.write(gone.slice(0, 1));
      expect(await store.read(ids[0] ?? kept.id)).toMatchObject({ isComplete: false });
    });

    test("a listing has the order of arrival, and of the lines in a block, whatever its limit", async () => {
      const store = await opened(open);
      const pieces = Array.from({ length: 120 }, (_, index) =>
        aPiece({
          sequenceNumber: String(1_000 + Math.floor(index / 3)),
          entry: (index % 3) * 40,
          arrivedAt: (someTime + Math.floor(index / 3)) as EpochMs,
        }),
      );
      await store.write(shuffled(pieces));

      for (const limit of [1, 7, 119, 120, 121, 1_000]) {
        const { rejects, pages } = await listAll(store, { day: someTime, limit });

        expect(rejects).toEqual(pieces.map(summaryOf));
        expect(Math.max(...pages)).toBe(Math.min(limit, 120));
      }
    });

    test("a listing starts after any id, also one that is not there", async () => {
      const store = await opened(open);
      const pieces = [1, 2, 3].map((later) => aPiece({ arrivedAt: (someTime + later) as EpochMs }));
      await store.write(pieces);
      const gone = aPiece({ sequenceNumber: "7", arrivedAt: (someTime + 1) as EpochMs });

      const { rejects } = await listAll(store, { day: someTime, limit: 10, after: pieces[1]?.id });
      const { rejects: all } = await listAll(store, { day: someTime, limit: 10, after: gone.id });

      expect(rejects.map(({ id }) => id)).toEqual([pieces[2]?.id]);
      expect(all.map(({ id }) => id)).toEqual(pieces.map(({ id }) => id).filter((id) => id > gone.id));
    });

    test("a day ends at midnight, UTC", async () => {
      const store = await opened(open);
      const times = [dayStart - 1, dayStart, dayStart + dayMs - 1, dayStart + dayMs] as EpochMs[];
      const pieces = times.map((arrivedAt) => aPiece({ arrivedAt }));
      await store.write(pieces);

      for (const day of [dayStart, someTime, (dayStart + dayMs - 1) as EpochMs]) {
        const { rejects } = await listAll(store, { day, limit: 10 });

        expect(rejects.map(({ arrivedAt }) => arrivedAt)).toEqual(times.slice(1, 3));
        expect(await store.counts(day)).toEqual([{ reason: "record: not UTF-8", count: 2 }]);
      }
    });

    test("a listing may be of those whose reason holds a text, to the letter", async () => {
      const store = await opened(open);
      const reasons = ["record: not UTF-8", 'rating: 100% "x"', "record: empty", "RECORD: _"];
      const pieces = Array.from({ length: 200 }, (_, index) =>
        aPiece({ sequenceNumber: String(index), reason: reasons[index % 4] ?? "" }),
      );
      await store.write(pieces);

      for (const reason of ["record:", "%", "_", "", "nowhere", '"x"']) {
        const { rejects } = await listAll(store, { day: someTime, limit: 9, reason });

        const expected = pieces.filter((piece) => piece.reason.includes(reason)).map(({ id }) => id);
        expect(rejects.map(({ id }) => id)).toEqual(expected.sort());
      }
    });

    test("reasons are counted without the values found, the most frequent first", async () => {
      const store = await opened(open);
      const reasons = [
        'user_id: expected 1 to 128 characters, got ""',
        ...['rating: expected 0 to 5, got "a, got b"', "rating: expected 0 to 5, got -17"],
        ...[
          "record: not JSON: Unexpected token x",
          "record: not JSON: Unexpected end",
          "record: not JSON: y",
        ],
        ...["record: 12 more lines are no plays", "user_id: expected an id, got an e-mail address"],
      ];
      await store.write(reasons.map((reason, index) => aPiece({ sequenceNumber: String(index), reason })));

      expect(await store.counts(someTime)).toEqual([
        { reason: "record: not JSON", count: 3 },
        { reason: "rating: expected 0 to 5", count: 2 },
        { reason: "record: more lines are no plays", count: 1 },
        { reason: "user_id: expected 1 to 128 characters", count: 1 },
        { reason: "user_id: expected an id, got an e-mail address", count: 1 },
      ]);
    });

    test("thousands of rejects with long reasons are all listed and counted", async () => {
      const store = await opened(open);
      const reason = "é".repeat(450); // 16 partitions share them; a query's page of DynamoDB has 1 MB
      const pieces = Array.from({ length: 3_000 }, (_, index) =>
        aPiece({ sequenceNumber: String(index), reason: index === 2_999 ? "the last" : reason }),
      );
      await store.write(pieces);

      const { rejects } = await listAll(store, { day: someTime, limit: 1_000 });
      const { rejects: last } = await listAll(store, { day: someTime, limit: 5, reason: "the last" });

      expect(rejects).toHaveLength(3_000);
      expect(last.map(({ sequenceNumber }) => sequenceNumber)).toEqual(["2999"]);
      expect(await store.counts(someTime)).toEqual([
        { reason, count: 2_999 },
        { reason: "the last", count: 1 },
      ]);
    });
  });
}
