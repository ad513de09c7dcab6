import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { aMoment, someArtist, someTrackId, someUserId } from "#test/support/arbitraries.ts";
import { ArchivedPipeline, driftByKind, type ShardRecord } from "#test/support/archived-pipeline.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The wire's JSON without times, for few listeners, songs and ids, so that they meet. */
const somePlay = fc.record(
  {
    event_id: fc.constantFrom("e1", "e2", "e3"),
    track: fc.record(
      {
        id: someTrackId,
        artist: someArtist,
        title: fc.constantFrom("Yellow", "Clocks", ""),
        genre: fc.constantFrom("pop", ""),
        duration_ms: fc.constantFrom(100_000, 2 * dayMs),
      },
      { requiredKeys: ["id", "artist"] },
    ),
    ms_played: fc.constantFrom(0, 29_999, 30_000, 80_000),
    end_reason: fc.constantFrom("done", "skip", "stop"),
    rating: fc.constantFrom(0, 3.5, 4.995, 5),
    platform: fc.constantFrom("ios", ""),
    mood: fc.constantFrom("Chill", "\u{1f600}"),
    geo: fc.record({ country: fc.constantFrom("DE", "Japan") }),
    dedupe: fc.constantFrom("always", "always", "horizon"),
  },
  { requiredKeys: ["track"] },
);

/** How long before it arrives a play starts: windows close, and landmarks change, around these. */
const lateness = fc.oneof(
  fc.constantFrom(
    0,
    -hourMs,
    1,
    hourMs,
    48 * hourMs,
    49 * hourMs,
    8 * dayMs,
    9 * dayMs,
    35 * dayMs,
    42 * dayMs,
  ),
  fc.integer({ min: -hourMs, max: 45 * dayMs }),
);
const pause = fc.constantFrom(0, 1, 60_000, 599_999, 600_000, 600_001, hourMs, 25 * hourMs, 9 * dayMs);

type Step = { readonly kind: "epoch" } | { readonly kind: "put"; readonly record: ShardRecord };

const steps: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof(
      { weight: 1, arbitrary: fc.constant(undefined) },
      {
        weight: 5,
        arbitrary: fc.record({
          user: someUserId,
          plays: fc.array(fc.tuple(somePlay, lateness), { minLength: 1, maxLength: 4 }),
          poison: fc.constantFrom("", "", "no play", `{"user_id":"${"x".repeat(12_000)}"}`),
          isBlock: fc.boolean(),
          pause,
        }),
      },
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map((drawn) => {
    let arrivedAt: number = aMoment;
    return drawn.flatMap((step): Step[] => {
      if (step === undefined) return [{ kind: "epoch" }];
      const { user, plays, poison, isBlock } = step;
      arrivedAt += step.pause;
      const lines = plays.map(([play, late]) =>
        // An id is a listener's, so it comes in one shard (I2).
        JSON.stringify({
          ...play,
          ...idOf(play.event_id, user),
          user_id: user,
          started_at: arrivedAt - late,
        }),
      );
      const shard = Number(user.slice(1)) % 3;
      const all = poison === "" ? lines : [poison, ...lines];
      const records = isBlock ? [gzipSync(all.join("\n"))] : all;
      return records.map((data): Step => ({ kind: "put", record: { shard, data, arrivedAt } }));
    });
  });

const idOf = (id: string | undefined, user: string): object =>
  id === undefined ? {} : { event_id: `${user}:${id}` };

test("any plays and rejects in any epochs come to what the recount says", async () => {
  const seen = { plays: 0, duplicates: 0, rejects: 0, beyondHorizon: 0, repeats: 0 };
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const run = new ArchivedPipeline();
      for (const step of all) {
        if (step.kind === "put") await run.put(step.record);
        else await run.pipeline.runEpochs();
      }
      await run.pipeline.runEpochs();

      const verification = await run.verify();

      const { "beyond-horizon": beyond = 0, ...drift } = driftByKind(verification);
      expect(drift, verification.differences.join("\n")).toEqual({});
      const record = await run.stores.epochs.latest();
      for (const { counts } of record?.to ?? []) {
        seen.plays += counts.plays;
        seen.duplicates += counts.duplicates;
        seen.rejects += counts.rejects;
      }
      const repeated = await run.stores.counters.read(["REPEATED" as never]);
      seen.repeats += repeated[0]?.totals.plays ?? 0;
      seen.beyondHorizon += beyond;
    }),
    { numRuns: 300 },
  );
  // What it is about did happen.
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(20);
}, 120_000);
