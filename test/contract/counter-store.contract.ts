import type { Arbitrary } from "fast-check";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  artistKey,
  type Counter,
  type CounterDelta,
  type CounterKey,
  dimensionKey,
  songKey,
} from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { ArtistName, EpochMs, TrackId } from "#src/domain/play.ts";
import { addTotals, type Label, noTotals, type Totals, type WindowTotals } from "#src/domain/totals.ts";
import { dayMs, hourMs, isExpired, type WindowId, windowShares } from "#src/domain/windows.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import { someTenths } from "#test/support/arbitraries.ts";
import { collect, namesInUtf8Order, noise, type Open, opened, shuffled } from "./opened.ts";

const now = Date.UTC(2026, 10, 20, 14, 30) as EpochMs;
const key = songKey("song-1" as TrackId);
const epochOf = (n: number): EpochNumber => n as EpochNumber;
const ms = (n: number): EpochMs => n as EpochMs;
const window = (id: string): WindowId => id as WindowId;

function aLabel(startedAt: number, artist: string, title: string): Label {
  return { startedAt: ms(startedAt), artist: artist as ArtistName, title };
}

/** One qualified play of a song. */
function someTotals(wish: Partial<Totals> = {}): Totals {
  return {
    plays: 1,
    unqualified: 2,
    listenedMs: 180_000,
    completes: 3,
    skips: 4,
    ratingSum: 450,
    ratingCount: 1,
    tenths: [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3],
    firstPlayedAt: ms(1_000),
    label: aLabel(1_000, "Artist", "Title"),
    windows: new Map([
      [window("h.2026112014"), { plays: 1, listenedMs: 180_000 }],
      [window("w.2026W47"), { plays: 0, listenedMs: 0 }],
    ]),
    decays: new Map([[window("x.20261120"), 12_345n]]),
    listeners: new Map([[window("r.2026112014"), 0b101n]]),
    ...wish,
  };
}

const aDelta = (wish: Partial<Totals> = {}, of: CounterKey = key): CounterDelta => ({
  key: of,
  totals: someTotals(wish),
});

/** Applies one delta and returns its counter. */
async function applyOne(store: CounterStore, epoch: number, delta: CounterDelta): Promise<Counter> {
  const [counter] = await store.apply(epochOf(epoch), now, [delta]);
  if (counter === undefined) throw new Error("apply returned nothing");
  return counter;
}

async function readOne(store: CounterStore, of: CounterKey = key): Promise<Counter | undefined> {
  return (await store.read([of]))[0];
}

/** Totals without the windows that a store may have dropped. */
function openOnly(totals: Totals, at: EpochMs): Totals {
  return {
    ...totals,
    windows: new Map([...totals.windows].filter(([id]) => !isExpired(id, at))),
    decays: new Map([...totals.decays].filter(([id]) => !isExpired(id, at))),
    listeners: new Map([...totals.listeners].filter(([id]) => !isExpired(id, at))),
  };
}

/** The windows of 80 days of plays, expired ones included. */
function everyWindow(): Pick<Totals, "windows" | "decays"> {
  const windows = new Map<WindowId, WindowTotals>();
  const decays = new Map<WindowId, bigint>();
  for (let at = now - 80 * dayMs; at <= now + hourMs; at += hourMs) {
    for (const share of windowShares(ms(at))) {
      if (share.kind === "decay") decays.set(share.window, BigInt(share.weight));
      else windows.set(share.window, { plays: windows.size + 1, listenedMs: windows.size + 2 });
    }
  }
  return { windows, decays };
}

/** What every CounterStore does. */
export function counterStoreContract(name: string, open: Open<CounterStore>): void {
  describe(`${name} as a CounterStore`, () => {
    describe("apply", () => {
      test("a first delta is what the counter holds and what comes back", async () => {
        const store = await opened(open);
        const delta = aDelta();

        const counter = await applyOne(store, 1, delta);

        expect(counter).toEqual({ key, epoch: 1, totals: delta.totals });
        expect(await readOne(store)).toEqual(counter);
      });

      test("a delta of nothing makes a counter of nothing", async () => {
        const store = await opened(open);

        const counter = await applyOne(store, 1, { key, totals: noTotals });

        expect(counter).toEqual({ key, epoch: 1, totals: noTotals });
        expect(await readOne(store)).toEqual(counter);
      });

      test("a later epoch adds to every total and joins the windows", async () => {
        const store = await opened(open);
        const first = aDelta();
        const second = aDelta({
          windows: new Map([
            [window("h.2026112014"), { plays: 5, listenedMs: 7 }],
            [window("d.20261120"), { plays: 6, listenedMs: 8 }],
          ]),
          decays: new Map([
            [window("x.20261120"), 1n],
            [window("x.20261121"), 2n],
          ]),
          listeners: new Map([
            [window("r.2026112014"), 0b110n],
            [window("r.2026112015"), 1n << 63n],
          ]),
        });

        await applyOne(store, 1, first);
        const counter = await applyOne(store, 2, second);

        expect(counter).toEqual({ key, epoch: 2, totals: addTotals(first.totals, second.totals) });
        expect(await readOne(store)).toEqual(counter);
      });

      test("adding twice in one epoch adds once", async () => {
        const store = await opened(open);
        await applyOne(store, 1, aDelta());
        const before = await applyOne(store, 2, aDelta());

        const again = await applyOne(store, 2, aDelta());

        expect(again).toEqual(before);
        expect(await readOne(store)).toEqual(before);
      });

      test("epochs may be skipped by a counter that nobody played", async () => {
        const store = await opened(open);
        await applyOne(store, 1, aDelta());

        const counter = await applyOne(store, 1_000_000, aDelta());

        expect(counter.epoch).toBe(1_000_000);
        expect(counter.totals.plays).toBe(2);
      });

      test("a stage that died half-way and runs again adds every delta once", async () => {
        const store = await opened(open);
        const deltas = Array.from({ length: 10 }, (_, n) => aDelta({}, songKey(`song-${n}` as TrackId)));
        await store.apply(epochOf(1), now, deltas.slice(3, 7));

        const counters = await store.apply(epochOf(1), now, deltas);

        expect(counters).toEqual(deltas.map((delta) => ({ ...delta, epoch: 1 })));
      });

      test("counters come back in the order of their deltas", async () => {
        const store = await opened(open);
        const deltas = shuffled(
          Array.from({ length: 250 }, (_, n) => aDelta({ plays: n }, songKey(`song-${n}` as TrackId))),
        );

        const counters = await store.apply(epochOf(1), now, deltas);

        expect(counters.map((counter) => counter.key)).toEqual(deltas.map((delta) => delta.key));
        expect(counters.map((counter) => counter.totals.plays)).toEqual(
          deltas.map((delta) => delta.totals.plays),
        );
      });

      test("no deltas are no counters", async () => {
        const store = await opened(open);

        const counters = await store.apply(epochOf(1), now, []);

        expect(counters).toEqual([]);
      });

      test("a delta that is changed afterwards does not change the counter", async () => {
        const store = await opened(open);
        const windows = new Map([[window("h.2026112014"), { plays: 1, listenedMs: 1 }]]);
        const decays = new Map([[window("x.20261120"), 1n]]);
        const listeners = new Map([[window("r.2026112014"), 1n]]);
        await applyOne(store, 1, aDelta({ windows, decays, listeners }));

        windows.set(window("h.2026112014"), { plays: 99, listenedMs: 99 });
        decays.set(window("x.20261120"), 99n);
        listeners.set(window("r.2026112014"), 99n);

        const counter = await readOne(store);
        expect(counter?.totals.listeners.get(window("r.2026112014"))).toBe(1n);
        expect(counter?.totals.windows.get(window("h.2026112014"))).toEqual({ plays: 1, listenedMs: 1 });
        expect(counter?.totals.decays.get(window("x.20261120"))).toBe(1n);
      });
    });

    describe("the guard", () => {
      test("a larger stored epoch is a StaleEpochError and leaves that counter alone", async () => {
        const store = await opened(open);
        const before = await applyOne(store, 5, aDelta());

        const late = store.apply(epochOf(4), now, [
          aDelta({ firstPlayedAt: ms(1), label: aLabel(1, "", "") }),
        ]);

        await expect(late).rejects.toBeInstanceOf(StaleEpochError);
        expect(await readOne(store)).toEqual(before);
      });

      test("one stale counter among many rejects the call", async () => {
        const store = await opened(open);
        const deltas = Array.from({ length: 200 }, (_, n) => aDelta({}, songKey(`song-${n}` as TrackId)));
        await store.apply(epochOf(9), now, deltas.slice(150, 151));

        const late = store.apply(epochOf(8), now, deltas);

        await expect(late).rejects.toBeInstanceOf(StaleEpochError);
        expect((await readOne(store, songKey("song-150" as TrackId)))?.epoch).toBe(9);
      });

      test("two runs of one epoch at the same time add once", async () => {
        const store = await opened(open);
        const deltas = Array.from({ length: 20 }, (_, n) => aDelta({}, songKey(`song-${n}` as TrackId)));

        const runs = await Promise.all([1, 2, 3].map(() => store.apply(epochOf(1), now, deltas)));

        for (const run of runs)
          expect(run.map((counter) => counter.totals.plays)).toEqual(deltas.map(() => 1));
        const stored = await store.read(deltas.map((delta) => delta.key));
        expect(stored.map((counter) => counter.totals.plays)).toEqual(deltas.map(() => 1));
      });
    });

    describe("minima", () => {
      test.each([
        ["the same epoch", 1],
        ["a later epoch", 2],
      ])("an earlier first play and label win in %s", async (_, epoch) => {
        const store = await opened(open);
        await applyOne(store, 1, aDelta({ firstPlayedAt: ms(1_000), label: aLabel(1_000, "B", "b") }));
        const earlier = { firstPlayedAt: ms(400), label: aLabel(500, "Z", "z") };

        const counter = await applyOne(store, epoch, aDelta(earlier));

        expect(counter.totals).toMatchObject(earlier);
        expect((await readOne(store))?.totals).toMatchObject(earlier);
      });

      test.each([
        ["the same epoch", 1],
        ["a later epoch", 2],
      ])("a later first play and label lose in %s", async (_, epoch) => {
        const store = await opened(open);
        const earlier = { firstPlayedAt: ms(400), label: aLabel(500, "Z", "z") };
        await applyOne(store, 1, aDelta(earlier));

        const counter = await applyOne(
          store,
          epoch,
          aDelta({ firstPlayedAt: ms(1_000), label: aLabel(1_000, "A", "a") }),
        );

        expect(counter.totals).toMatchObject(earlier);
        expect((await readOne(store))?.totals).toMatchObject(earlier);
      });

      test("a refused guard applies the minima and adds nothing", async () => {
        const store = await opened(open);
        const before = await applyOne(store, 1, aDelta());
        const earlier = { firstPlayedAt: ms(1), label: aLabel(2, "Earlier", "song") };

        const counter = await applyOne(store, 1, aDelta({ ...earlier, plays: 50, listenedMs: 50 }));

        expect(counter).toEqual({ ...before, totals: { ...before.totals, ...earlier } });
        expect(await readOne(store)).toEqual(counter);
      });

      test.each([
        ["the same epoch", 1],
        ["a later epoch", 2],
      ])("a counter without minima gets them in %s and keeps them without", async (_, epoch) => {
        const store = await opened(open);
        await applyOne(store, 1, aDelta({ firstPlayedAt: undefined, label: undefined }));

        const given = await applyOne(store, epoch, aDelta());
        const kept = await applyOne(store, epoch, aDelta({ firstPlayedAt: undefined, label: undefined }));

        for (const counter of [given, kept, await readOne(store)]) {
          expect(counter?.totals.firstPlayedAt).toBe(1_000);
          expect(counter?.totals.label).toEqual(aLabel(1_000, "Artist", "Title"));
        }
      });

      test("one of two minima may be earlier than stored and the other later", async () => {
        const store = await opened(open);
        await applyOne(store, 1, aDelta({ firstPlayedAt: ms(500), label: aLabel(900, "B", "b") }));

        const counter = await applyOne(
          store,
          2,
          aDelta({ firstPlayedAt: ms(600), label: aLabel(600, "C", "c") }),
        );

        expect(counter.totals.firstPlayedAt).toBe(500);
        expect(counter.totals.label).toEqual(aLabel(600, "C", "c"));
        expect(await readOne(store)).toEqual(counter);
      });

      test("labels of one moment are ordered by artist, then by title, in UTF-8 bytes", async () => {
        const store = await opened(open);
        const names = namesInUtf8Order.filter((text) => text !== "");
        const labels = names.flatMap((artist) => ["", ...names].map((title) => aLabel(7, artist, title)));
        const largestFirst = [...labels].reverse();

        for (const [index, label] of largestFirst.entries()) {
          const counter = await applyOne(store, index + 1, aDelta({ label }));
          expect(counter.totals.label).toEqual(label);
        }
        const worse = await applyOne(store, 1_000, aDelta({ label: aLabel(7, "A", "A") }));

        expect(worse.totals.label).toEqual(aLabel(7, "A", ""));
      });

      test("a refused guard compares labels by UTF-8 bytes as well", async () => {
        const store = await opened(open);
        await applyOne(store, 1, aDelta({ label: aLabel(7, "𐀀", "x") }));

        const smaller = await applyOne(store, 1, aDelta({ label: aLabel(7, "\uff01", "x") }));
        const larger = await applyOne(store, 1, aDelta({ label: aLabel(7, "🎵", "x") }));

        expect(smaller.totals.label?.artist).toBe("\uff01");
        expect(larger.totals.label?.artist).toBe("\uff01");
      });
    });

    describe("numbers", () => {
      test("decay scores keep every digit beyond 2^53 and up to 37 digits", async () => {
        const store = await opened(open);
        const [a, b] = [window("x.20261120"), window("x.20261121")];
        const large = 10n ** 36n + 12_345_678_901_234_567_891n;
        const odd = 2n ** 53n + 1n;
        await applyOne(store, 1, aDelta({ decays: new Map([[a, large]]) }));

        const counter = await applyOne(
          store,
          2,
          aDelta({
            decays: new Map([
              [a, large],
              [b, odd],
            ]),
          }),
        );

        expect(counter.totals.decays.get(a)).toBe(2n * large);
        expect(counter.totals.decays.get(b)).toBe(odd);
        expect((await readOne(store))?.totals.decays).toEqual(counter.totals.decays);
      });

      test("a decay score that is a power of ten stays a whole number", async () => {
        const store = await opened(open);
        const scores = [0n, 1n, 10n, 10n ** 15n, 10n ** 21n, 10n ** 36n];

        for (const [index, score] of scores.entries()) {
          const of = songKey(`ten-${index}` as TrackId);
          const decays = new Map([[window("x.20261120"), score]]);
          const counter = await applyOne(store, 1, aDelta({ decays }, of));
          expect(counter.totals.decays).toEqual(decays);
          expect((await readOne(store, of))?.totals.decays).toEqual(decays);
        }
      });

      test("plain totals are exact up to 2^53", async () => {
        const store = await opened(open);
        const half = 2 ** 52;
        await applyOne(store, 1, aDelta({ listenedMs: half, plays: half }));

        const counter = await applyOne(store, 2, aDelta({ listenedMs: half - 1, plays: half - 2 }));

        expect(counter.totals.listenedMs).toBe(2 ** 53 - 1);
        expect(counter.totals.plays).toBe(2 ** 53 - 2);
      });
    });

    describe("windows", () => {
      test("one delta may touch every window that is open", async () => {
        const store = await opened(open);
        const delta = aDelta(everyWindow());

        const first = await applyOne(store, 1, delta);
        const second = await applyOne(store, 2, delta);

        expect(openOnly(first.totals, now)).toEqual(openOnly(delta.totals, now));
        expect(openOnly(second.totals, now)).toEqual(openOnly(addTotals(delta.totals, delta.totals), now));
        expect(openOnly(second.totals, now).windows.size).toBeGreaterThan(100);
        expect(openOnly((await readOne(store))?.totals ?? noTotals, now)).toEqual(
          openOnly(second.totals, now),
        );
      });

      test("open windows stay when many others have expired", async () => {
        const store = await opened(open);
        const expired = Array.from({ length: 60 }, (_, n) =>
          window(
            `h.202601${String(1 + Math.floor(n / 24)).padStart(2, "0")}${String(n % 24).padStart(2, "0")}`,
          ),
        );
        const long = ms(Date.UTC(2026, 0, 1));
        const old = aDelta({
          windows: new Map([
            ...expired.map((id) => [id, { plays: 1, listenedMs: 1 }] as const),
            [window("h.2026112014"), { plays: 1, listenedMs: 180_000 }],
          ]),
          decays: new Map([
            [window("x.20260101"), 5n],
            [window("x.20261120"), 7n],
            [window("y.20261010"), 9n],
            [window("y.20261103"), 11n],
          ]),
          listeners: new Map(
            ["r.2026112011", "r.2026112012", "r.2026112013", "r.2026112014", "r.2026112015"].map((id) => [
              window(id),
              0b11n,
            ]),
          ),
        });
        await store.apply(epochOf(1), long, [old]);

        await applyOne(store, 2, aDelta());
        await applyOne(store, 3, aDelta());
        const counter = await applyOne(store, 4, aDelta());

        const sum = [aDelta(), aDelta(), aDelta()].reduce((t, d) => addTotals(t, d.totals), old.totals);
        expect(openOnly(counter.totals, now)).toEqual(openOnly(sum, now));
        expect(openOnly((await readOne(store))?.totals ?? noTotals, now)).toEqual(openOnly(sum, now));
      });

      test("a window stays until the last moment before it expires", async () => {
        const store = await opened(open);
        const ids = windowShares(now).map((share) => share.window);
        const lastMoment = ms(Math.min(...windowShares(now).map((share) => share.dropAt)) - 1);
        const decays = ids.filter((id) => /^[xy]\./.test(id));
        const calendar = ids.filter((id) => !decays.includes(id));
        const delta = aDelta({
          windows: new Map(calendar.map((id) => [id, { plays: 1, listenedMs: 1 }])),
          decays: new Map(decays.map((id) => [id, 1n])),
        });
        await store.apply(epochOf(1), now, [delta]);

        const [counter] = await store.apply(epochOf(2), lastMoment, [{ key, totals: noTotals }]);

        expect([...(counter?.totals.windows.keys() ?? [])].sort()).toEqual([...calendar].sort());
        expect(counter?.totals.decays).toEqual(delta.totals.decays);
      });
    });

    describe("replace", () => {
      test("puts smaller totals, later minima and fewer windows in place of what is there", async () => {
        const store = await opened(open);
        await applyOne(store, 1, aDelta());
        const smaller = someTotals({
          ...{
            plays: 0,
            unqualified: 1,
            listenedMs: 5,
            completes: 0,
            skips: 0,
            ratingSum: 0,
            ratingCount: 0,
          },
          tenths: [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
          firstPlayedAt: ms(9_000),
          label: aLabel(9_000, "Zebra", ""),
          windows: new Map([[window("d.20261120"), { plays: 0, listenedMs: 5 }]]),
          decays: new Map([[window("x.20261121"), 10n ** 30n]]),
          listeners: new Map(),
        });

        await store.replace(epochOf(2), [{ key, totals: smaller }]);

        expect(await readOne(store)).toEqual({ key, epoch: 2, totals: smaller });
      });

      test("makes a counter that is not there, of any key", async () => {
        const store = await opened(open);
        const long = songKey("x".repeat(200).repeat(10) as TrackId);

        await store.replace(epochOf(2), [aDelta({}, long), aDelta()]);

        expect(await store.read([long, key])).toEqual([
          { ...aDelta({}, long), epoch: 2 },
          { ...aDelta(), epoch: 2 },
        ]);
      });

      test("done again in the same epoch changes nothing", async () => {
        const store = await opened(open);
        await store.replace(epochOf(2), [aDelta()]);

        await store.replace(epochOf(2), [aDelta({ plays: 9 })]);

        expect(await readOne(store)).toEqual({ ...aDelta(), epoch: 2 });
      });

      test("with nothing leaves a counter of nothing, which an earlier epoch cannot fill again", async () => {
        const store = await opened(open);
        await applyOne(store, 1, aDelta());

        await store.replace(epochOf(2), [{ key, totals: noTotals }]);

        expect(await readOne(store)).toEqual({ key, epoch: 2, totals: noTotals });
        await expect(store.apply(epochOf(1), now, [aDelta()])).rejects.toThrow(StaleEpochError);
        expect(await readOne(store)).toEqual({ key, epoch: 2, totals: noTotals });
      });

      test("is refused where the counter holds a larger epoch", async () => {
        const store = await opened(open);
        const counter = await applyOne(store, 3, aDelta());

        await expect(store.replace(epochOf(2), [aDelta({ plays: 9 })])).rejects.toThrow(StaleEpochError);
        expect(await readOne(store)).toEqual(counter);
      });

      test("is added to by the next epoch", async () => {
        const store = await opened(open);
        await store.replace(epochOf(2), [aDelta()]);

        const counter = await applyOne(store, 3, aDelta());

        expect(counter.totals).toEqual(addTotals(someTotals(), someTotals()));
      });
    });

    describe("list", () => {
      const songs = Array.from({ length: 1_100 }, (_, n) => songKey(`song-${n}` as TrackId));
      const others = [
        artistKey("A" as ArtistName),
        artistKey(`${"x".repeat(3_000)}` as ArtistName),
        artistKey("𐀀🎵" as ArtistName),
        dimensionKey("genre", "SONG#"),
        songKey("" as TrackId),
        songKey("🎵" as TrackId),
        "ALL" as CounterKey,
        "LONG#SONG#" as CounterKey,
      ];
      const fill = async (store: CounterStore) =>
        await store.apply(
          epochOf(1),
          now,
          [...songs, ...others].map((of, plays) => aDelta({ plays }, of)),
        );
      const inOrder = (counters: readonly Counter[]) =>
        counters.toSorted((one, other) => (one.key < other.key ? -1 : 1));

      test.each(["", "SONG#", "SONG#song-10", "ARTIST#", "ALL", "DIM#genre#", "SONG#🎵", "none"])(
        'yields every counter whose key starts with "%s" once, as it is read',
        async (prefix) => {
          const store = await opened(open);
          const expected = (await fill(store)).filter((counter) => counter.key.startsWith(prefix));

          const listed = await collect(store.list(prefix));

          expect(inOrder(listed)).toEqual(inOrder(expected));
        },
      );

      test("yields nothing of an empty store", async () => {
        const store = await opened(open);

        expect(await collect(store.list(""))).toEqual([]);
      });

      test("may be given up, run twice at a time, and be written beside", async () => {
        const store = await opened(open);
        await fill(store);
        for await (const _ of store.list("")) break;

        const [one, other] = await Promise.all([
          collect(store.list("SONG#")),
          collect(store.list("SONG#")),
          store.apply(epochOf(2), now, [aDelta({}, others[0])]),
        ]);

        expect(one).toHaveLength(songs.length + 2);
        expect(inOrder(one)).toEqual(inOrder(other));
      });
    });

    describe("read", () => {
      test("yields the counters that exist in the order of the keys", async () => {
        const store = await opened(open);
        const keys = shuffled(Array.from({ length: 230 }, (_, n) => songKey(`song-${n}` as TrackId)));
        const kept = keys.filter((_, index) => index % 3 !== 0);
        await store.apply(
          epochOf(1),
          now,
          [...kept].reverse().map((of) => aDelta({}, of)),
        );

        const counters = await store.read(keys);

        expect(counters.map((counter) => counter.key)).toEqual(kept);
      });

      test("no keys and unknown keys yield nothing", async () => {
        const store = await opened(open);

        const none = await store.read([]);
        const unknown = await store.read([key]);

        expect([none, unknown]).toEqual([[], []]);
      });
    });

    describe("keys", () => {
      const long = String.fromCharCode(...[...noise(1_024)].map((byte) => 97 + (byte % 26)));
      const keys = [
        artistKey(long as ArtistName),
        artistKey(`${long.slice(0, -1)}!` as ArtistName),
        artistKey("日".repeat(1_024) as ArtistName),
        artistKey("🎵".repeat(512) as ArtistName),
        artistKey(`${"🎵".repeat(511)}🎶` as ArtistName),
        artistKey("AC/DC # \"live\" 'n' `loud` \\ %20 $x :y {} [] \t\n" as ArtistName),
        artistKey("a#b" as ArtistName),
        artistKey("a" as ArtistName),
        artistKey("A" as ArtistName),
        artistKey(" a" as ArtistName),
        artistKey("é" as ArtistName),
        artistKey("e\u0301" as ArtistName),
        artistKey("'; DROP TABLE counters; --" as ArtistName),
        songKey("a#b" as TrackId),
        songKey("__proto__" as TrackId),
        dimensionKey("genre", "rock#pop"),
        dimensionKey("platform", "rock#pop"),
      ];

      test("of any text stay apart and come back as they were", async () => {
        const store = await opened(open);
        const deltas = keys.map((of, index) => aDelta({ plays: index + 1 }, of));

        const applied = await store.apply(epochOf(1), now, deltas);
        const read = await store.read([...keys].reverse());

        expect(applied).toEqual(deltas.map((delta) => ({ ...delta, epoch: 1 })));
        expect(read).toEqual([...applied].reverse());
      });
    });

    test("any deltas over any epochs, repeated or cut short in between, are their sum", async () => {
      const store = await opened(open);
      let run = 0;

      await fc.assert(
        fc.asyncProperty(aHistory, async (history) => {
          run += 1;
          const prefix = `run-${run}-`;
          const expected = new Map<CounterKey, Counter>();
          for (const step of history.map((each) => named(each, prefix))) {
            const counters = await play(store, step);
            addStep(expected, step);
            expect(counters).toEqual(step.deltas.map((delta) => expected.get(delta.key)));
          }
          expect(await store.read([...expected.keys()])).toEqual([...expected.values()]);
        }),
        { numRuns: 40 },
      );
    }, 60_000);
  });
}

interface HistoryStep {
  readonly epoch: EpochNumber;
  readonly deltas: readonly CounterDelta[];
  /** Runs that died after so many deltas, before the run that ends. */
  readonly partsBefore: readonly number[];
  /** Runs after the one that ended. */
  readonly repeats: number;
}

const smallCount = fc.nat({ max: 1_000_000 });
const aName = fc.constantFrom(...namesInUtf8Order);
const aTime = fc.constantFrom(1, 2, 3, 1_700_000_000_000).map(ms);
const anOpenWindow = fc.constantFrom(
  ...["h.2026112014", "h.2026112013", "d.20261120", "w.2026W47"].map(window),
);
const anOpenLandmark = fc.constantFrom(
  ...["x.20261120", "x.20261121", "y.20261103", "y.20261127"].map(window),
);

const anOpenRising = fc.constantFrom(...["r.2026112014", "r.2026112015"].map(window));

const anyTotals: Arbitrary<Totals> = fc.record({
  plays: smallCount,
  unqualified: smallCount,
  listenedMs: smallCount,
  completes: smallCount,
  skips: smallCount,
  ratingSum: smallCount,
  ratingCount: smallCount,
  tenths: someTenths,
  firstPlayedAt: fc.option(aTime, { nil: undefined }),
  label: fc.option(
    fc.record({ startedAt: aTime, artist: aName.map((text) => text as ArtistName), title: aName }),
    { nil: undefined },
  ),
  windows: fc
    .array(fc.tuple(anOpenWindow, fc.record({ plays: smallCount, listenedMs: smallCount })), { maxLength: 4 })
    .map((entries) => new Map(entries)),
  decays: fc
    .array(fc.tuple(anOpenLandmark, fc.bigInt({ min: 0n, max: 10n ** 36n })), { maxLength: 3 })
    .map((entries) => new Map(entries)),
  listeners: fc
    .array(fc.tuple(anOpenRising, fc.bigInt({ min: 1n, max: 2n ** 64n - 1n })), { maxLength: 2 })
    .map((entries) => new Map(entries)),
});

const aHistory: Arbitrary<HistoryStep[]> = fc
  .array(
    fc.record({
      step: fc.integer({ min: 1, max: 3 }),
      deltas: fc.uniqueArray(fc.record({ key: fc.constantFrom("a", "b", "c", "d"), totals: anyTotals }), {
        selector: (delta) => delta.key,
        maxLength: 4,
      }),
      partsBefore: fc.array(fc.nat({ max: 4 }), { maxLength: 2 }),
      repeats: fc.nat({ max: 2 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((steps) => {
    let epoch = 0;
    return steps.map(({ step, deltas, partsBefore, repeats }) => {
      epoch += step;
      return {
        epoch: epochOf(epoch),
        deltas: deltas.map((delta) => ({ ...delta, key: delta.key as CounterKey })),
        partsBefore,
        repeats,
      };
    });
  });

/** The same step on counters of its own. */
function named(step: HistoryStep, prefix: string): HistoryStep {
  return {
    ...step,
    deltas: step.deltas.map(({ key: of, totals }) => ({ key: songKey(`${prefix}${of}` as TrackId), totals })),
  };
}

/** Runs a step: the runs that die, the one that ends, the ones after it. */
async function play(store: CounterStore, step: HistoryStep): Promise<readonly Counter[]> {
  const { epoch, deltas, partsBefore, repeats } = step;
  for (const part of partsBefore) await store.apply(epoch, now, deltas.slice(0, part));
  for (let n = 0; n < repeats; n++) await store.apply(epoch, now, deltas);
  return await store.apply(epoch, now, deltas);
}

function addStep(counters: Map<CounterKey, Counter>, { epoch, deltas }: HistoryStep): void {
  for (const { key: of, totals } of deltas) {
    const sum = addTotals(counters.get(of)?.totals ?? noTotals, totals);
    counters.set(of, { key: of, epoch, totals: sum });
  }
}
