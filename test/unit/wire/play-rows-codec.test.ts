import fc from "fast-check";
import { expect, test } from "vitest";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { UserId } from "#src/domain/play.ts";
import { noProfile } from "#src/domain/profile.ts";
import { deltaOf, rowsOf } from "#src/domain/profile-plays.ts";
import {
  decodeListenerRow,
  decodePlayRows,
  joinRows,
  noRows,
  PlayRowsEncoder,
} from "#src/wire/play-rows-codec.ts";
import { encodeProfile } from "#src/wire/profile-codec.ts";
import { encodeHead } from "#src/wire/profile-head-codec.ts";
import { someRecentPlay } from "#test/support/arbitraries.ts";

const alice = "alice" as UserId;
const encoder = new PlayRowsEncoder();
const somePlays = fc.array(someRecentPlay, { maxLength: 20 });

test("a listener's row tells the figures and the plays, however often others were written behind them", () => {
  fc.assert(
    fc.property(fc.array(somePlays, { maxLength: 5 }), (folds) => {
      let rows = noRows;
      for (const [fold, played] of folds.entries()) {
        const all = folds.slice(0, fold + 1).flat();
        const { played: _, ...figures } = deltaOf(alice, rowsOf(all));

        const row = decodeListenerRow(alice, encoder.listenerRow(figures, rows, rowsOf(played)));

        expect(row?.figures).toEqual(figures);
        expect(row && decodePlayRows(row.rows)).toEqual(all);
        rows = row?.rows ?? noRows;
      }
    }),
  );
});

test("two runs of plays joined are those of both", () => {
  fc.assert(
    fc.property(somePlays, somePlays, (a, b) => {
      expect(decodePlayRows(joinRows(encoder.rows(rowsOf(a)), encoder.rows(rowsOf(b))))).toEqual([
        ...a,
        ...b,
      ]);
    }),
  );
});

test("a row that is cut off is a corruption, not a crash", () => {
  fc.assert(
    fc.property(fc.array(someRecentPlay, { minLength: 1, maxLength: 9 }), fc.nat(), (played, at) => {
      const row = encoder.listenerRow(deltaOf(alice, rowsOf(played)), noRows, rowsOf(played));
      const cut = row.slice(0, 1 + (at % (row.length - 1)));

      expect(() => decodePlayRows(decodeListenerRow(alice, cut)?.rows ?? noRows)).toThrow(CorruptStoreError);
    }),
  );
});

test("what an earlier version wrote is something else", () => {
  const profile = noProfile(alice);

  expect(decodeListenerRow(alice, encodeProfile(profile))).toBeUndefined();
  expect(decodeListenerRow(alice, encodeHead({ figures: profile, plays: [], layers: [] }))).toBeUndefined();
});
