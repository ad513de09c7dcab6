import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { ArtistName, EpochMs } from "#src/domain/play.ts";
import {
  addToOwn,
  addTotals,
  noTotals,
  type OwnTotals,
  type Totals,
  type WindowTotals,
} from "#src/domain/totals.ts";
import {
  currentWindows,
  dayMs,
  firstOpenAt,
  hourMs,
  instanceAt,
  isExpired,
  numberOfInstance,
  type WindowId,
  windowShares,
} from "#src/domain/windows.ts";
import { decodeTotals, encodeTotals } from "#src/wire/totals-codec.ts";
import { aMoment, someTotals } from "#test/support/arbitraries.ts";

/** Nothing has expired by then. */
const longAgo = 0 as EpochMs;
const roundTrip = (totals: Totals, now = longAgo): OwnTotals => decodeTotals(encodeTotals(totals, now));

/** Totals of a counter that is played at all times: each window that is kept, with so many plays an hour. */
function busyTotals(playsAnHour: number, label: Totals["label"] = undefined): Totals {
  let totals: Totals = { ...noTotals, label, firstPlayedAt: (aMoment - 400 * dayMs) as EpochMs };
  for (let hour = 75 * 24; hour >= 0; hour--) {
    const plays = playsAnHour + (hour % 7);
    const share: WindowTotals = { plays, listenedMs: plays * 181_357 + ((hour * 7_919_131) % 900_000) };
    const shares = windowShares((aMoment - hour * hourMs) as EpochMs).filter(
      ({ window }) => !isExpired(window, aMoment),
    );
    const calendar = shares.filter(({ kind }) => kind === "calendar");
    const decays = shares.filter(({ kind }) => kind === "decay");
    totals = addTotals(totals, {
      ...noTotals,
      ...share,
      completes: plays,
      tenths: label === undefined ? [] : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, plays],
      windows: new Map(calendar.map(({ window }) => [window, share])),
      decays: new Map(decays.map(({ window, weight }) => [window, BigInt(weight * plays)])),
    });
  }
  return { ...totals, listeners: new Map([[currentWindows(aMoment).rising, 2n ** 64n - 1n]]) };
}

test("totals come back as they were", () => {
  fc.assert(
    fc.property(someTotals, (totals) => {
      expect(roundTrip(totals)).toEqual(totals);
    }),
  );
});

test("what is added after a round trip is what is added before it", () => {
  fc.assert(
    fc.property(someTotals, someTotals, (a, b) => {
      expect(roundTrip(addTotals(roundTrip(a), b))).toEqual(addTotals(a, b));
      expect(addToOwn(roundTrip(a), b)).toEqual(addTotals(a, b));
    }),
  );
});

test("the bytes do not depend on the order in which windows came", () => {
  fc.assert(
    fc.property(someTotals, someTotals, (a, b) => {
      expect(encodeTotals(addTotals(a, b), longAgo)).toEqual(encodeTotals(addTotals(b, a), longAgo));
    }),
  );
});

test("integers keep every digit", () => {
  const most = Number.MAX_SAFE_INTEGER;
  const edge = fc.constantFrom(0, 1, 31, 32, 127, 128, 2 ** 31, 2 ** 32, 2 ** 52 + 1, most - 1, most);
  fc.assert(
    fc.property(
      edge,
      edge,
      edge,
      edge,
      fc.bigInt({ min: 0n, max: 2n ** 200n }),
      (plays, listenedMs, inHour, msInHour, score) => {
        const totals = {
          ...noTotals,
          ...{ plays, listenedMs, unqualified: plays === most ? 0 : 1, skips: msInHour },
          windows: new Map([
            ["h.2026112014" as WindowId, { plays: inHour, listenedMs: msInHour }],
            ["h.2026112015" as WindowId, { plays: 0, listenedMs: 0 }],
          ]),
          decays: new Map([["x.20261120" as WindowId, score]]),
        };

        expect(roundTrip(totals)).toEqual(totals);
      },
    ),
  );
});

test("texts of any length come back", () => {
  for (const length of [0, 1, 42, 43, 127, 128, 1024, 6000]) {
    for (const unit of ["a", "é", "東", "\u{1f3b8}"]) {
      const label = {
        startedAt: (aMoment - 1) as EpochMs,
        artist: unit.repeat(length) as ArtistName,
        title: "t",
      };
      const totals = { ...noTotals, label };

      expect(roundTrip(totals)).toEqual(totals);
    }
  }
});

test("windows that have expired are left out, and the others stay", () => {
  const windows = new Map(
    [
      "h.2026111601",
      "h.2026111614",
      "h.2026112014",
      "d.20261101",
      "d.20261110",
      "w.2026W30",
      "w.2026W47",
    ].map((id, plays) => [id as WindowId, { plays, listenedMs: plays }]),
  );
  const decays = new Map([
    ["x.20261117" as WindowId, 1n],
    ["x.20261120" as WindowId, 2n],
  ]);
  const listeners = new Map([
    ["r.2026112013" as WindowId, 1n],
    ["r.2026112014" as WindowId, 2n],
  ]);

  const read = roundTrip({ ...noTotals, windows, decays, listeners }, aMoment);

  const open = <V>(all: ReadonlyMap<WindowId, V>) =>
    new Map([...all].filter(([id]) => !isExpired(id, aMoment)));
  expect(read.windows).toEqual(open(windows));
  expect([...read.windows.keys()]).toContain("h.2026112014");
  expect([...read.windows.keys()]).not.toContain("h.2026111601");
  expect([...read.decays.keys()]).toEqual(["x.20261120"]);
  expect([...read.listeners.keys()]).toEqual(["r.2026112014"]);
});

describe("what is not a counter's totals is a corruption, not a crash", () => {
  test("when it is cut", () => {
    fc.assert(
      fc.property(someTotals, fc.nat(), (totals, at) => {
        const encoded = encodeTotals(totals, longAgo);

        expect(() => decodeTotals(encoded.slice(0, at % encoded.length))).toThrow(CorruptStoreError);
      }),
    );
  });

  test("when something follows", () => {
    expect(() => decodeTotals(Uint8Array.of(...encodeTotals(noTotals, longAgo), 0))).toThrow(
      CorruptStoreError,
    );
  });

  test("when it is of another version", () => {
    expect(() => decodeTotals(encodeTotals(noTotals, longAgo).with(0, 9))).toThrow(CorruptStoreError);
  });

  test("when it is noise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeTotals(bytes);
        } catch (cause) {
          expect(cause).toBeInstanceOf(CorruptStoreError);
        }
      }),
    );
  });
});

test("the first open instance is the first that has not expired, to the millisecond", () => {
  const kinds = ["hour", "day", "week", "hot", "hot24", "rising"] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2028, 0) }),
      fc.constantFrom(-1, 0, 1),
      (kind, time, nearby) => {
        const hour = Math.floor(time / hourMs) * hourMs;
        for (const now of [time, hour + nearby] as EpochMs[]) {
          const first = firstOpenAt(kind, now);
          expect(isExpired(instanceAt(kind, first), now)).toBe(false);
          // A decay window is one of whole landmarks, which are days apart: the days between are no instances.
          expect(isExpired(instanceAt(kind, first - 1), now)).toBe(true);
        }
      },
    ),
  );
});

test("an instance that is none has no number", () => {
  expect(() => numberOfInstance("hour", "all" as WindowId)).toThrow(RangeError);
});

test("numbers of instances tell them apart, and follow one another", () => {
  for (let hour = 0; hour < 24 * 800; hour++) {
    const at = (Date.UTC(2025, 11, 1) + hour * hourMs) as EpochMs;
    const now = currentWindows(at);
    const next = currentWindows((at + 7 * dayMs) as EpochMs);
    for (const kind of ["hour", "day", "week", "hot", "hot24", "rising"] as const)
      expect(instanceAt(kind, numberOfInstance(kind, now[kind]))).toBe(now[kind]);
    expect(numberOfInstance("week", next.week)).toBe(numberOfInstance("week", now.week) + 1);
    expect(numberOfInstance("day", next.day)).toBe(numberOfInstance("day", now.day) + 7);
    expect(numberOfInstance("hour", next.hour)).toBe(numberOfInstance("hour", now.hour) + 7 * 24);
  }
});

test.each([
  [1, 640],
  [30, 720],
  [300, 850],
  [3000, 950],
])("a counter with every window that is kept and %d plays an hour takes at most %d bytes", (plays, bytes) => {
  const totals = busyTotals(plays);

  expect(totals.windows.size).toBeGreaterThan(120);
  expect(encodeTotals(totals, aMoment).length).toBeLessThanOrEqual(bytes);
  expect(roundTrip(totals, aMoment)).toEqual(totals);
});
