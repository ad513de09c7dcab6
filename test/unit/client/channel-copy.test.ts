import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChannelCopy } from "#src/client/channel-copy.ts";
import type { RecentDelta } from "#src/wire/push-protocol.ts";
import type { RecentPlayView } from "#src/wire/recent-feed.ts";
import { aChart, currentAt, dayLog, entering } from "./messages.ts";

const songsOf = ({ held }: ChannelCopy) =>
  held !== undefined && "entries" in held ? held.entries.map((entry) => ("id" in entry ? entry.id : "")) : [];

function copyOf(...messages: Parameters<ChannelCopy["take"]>[0][]): ChannelCopy {
  const copy = new ChannelCopy();
  for (const message of messages) copy.take(message);
  return copy;
}

describe("a copy of a channel", () => {
  test("starts behind, and a snapshot brings it up to date", () => {
    const copy = new ChannelCopy();

    expect(copy).toMatchObject({ isBehind: true, held: undefined, version: undefined });
    expect(copy.take(aChart(3, ["A"]))).toBe(true);
    expect(copy).toMatchObject({ isBehind: false, version: { log: dayLog, seq: 3 } });
  });

  test("follows delta after delta", () => {
    const copy = copyOf(aChart(1, ["A"]), entering(2, "B"), entering(3, "C"));

    expect(songsOf(copy)).toEqual(["C", "B", "A"]);
    expect(copy.held).toMatchObject({ seq: 3, epoch: 3, now: 1_003_000, total: 3 });
  });

  test("takes nothing twice", () => {
    const copy = copyOf(aChart(1, ["A"]), entering(2, "B"));

    expect(copy.take(entering(2, "B"))).toBe(false);
    expect(copy.take(aChart(2, ["B", "A"]))).toBe(false);
    expect(songsOf(copy)).toEqual(["B", "A"]);
    expect(copy.isBehind).toBe(false);
  });

  test("is behind while a delta is missing, and shows what it has", () => {
    const copy = copyOf(aChart(1, ["A"]), entering(3, "C"));

    expect(songsOf(copy)).toEqual(["A"]);
    expect(copy.isBehind).toBe(true);
    expect(copy.take(entering(2, "B"))).toBe(true);
    expect(songsOf(copy)).toEqual(["C", "B", "A"]);
    expect(copy.isBehind).toBe(false);
  });

  test("keeps a broadcast that overtook the snapshot it follows on", () => {
    const copy = copyOf(entering(2, "B"), aChart(1, ["A"]));

    expect(songsOf(copy)).toEqual(["B", "A"]);
    expect(copy.isBehind).toBe(false);
  });

  test("never goes back to an older version or to the window that has ended", () => {
    const nextDay = { log: "store/d.20261121" };
    const copy = copyOf(aChart(4, ["A"]), aChart(1, ["B"], { ...nextDay, epoch: 6 }));

    expect(copy.take(aChart(3, ["old"]))).toBe(false);
    expect(copy.take(entering(5, "old"))).toBe(false);
    expect(copy.take(aChart(5, ["old"]))).toBe(false);
    expect(songsOf(copy)).toEqual(["B"]);
    expect(copy.isBehind).toBe(false);
  });

  test("takes a delta that says from where on it is for, over numbers that are left out, and not an older one", () => {
    const play = (key: string, started_at: number) =>
      ({
        key,
        track: { id: key, artist: "a", title: "" },
        started_at,
        arrived_at: started_at,
      }) as RecentPlayView;
    const feed = { channel: "plays.recent", log: "store/recent", epoch: 9, now: 1 } as const;
    const entries = [play("1-0", 1)];
    const delta = (from: number, seq: number, key: string): RecentDelta => {
      return { ...feed, type: "delta", from, seq, total: 2, enter: [play(key, seq)] };
    };
    const copy = copyOf({ ...feed, type: "snapshot", seq: 4, total: 1, entries });

    expect(copy.take(delta(2, 4, "old"))).toBe(false);
    expect(copy.take(delta(5, 9, "later"))).toBe(false);
    expect(copy.isBehind).toBe(true);
    expect(copy.take(delta(3, 7, "7-0"))).toBe(true);
    expect(copy).toMatchObject({ isBehind: false, version: { seq: 9 } });
    expect(copy.held).toMatchObject({ entries: [{ key: "later" }, { key: "7-0" }] });
  });

  test("takes another store's snapshot whatever its epoch, and leaves the old store's deltas behind", () => {
    const copy = copyOf(aChart(9, ["A"]), entering(11, "early"));

    copy.take(aChart(1, ["new"], { log: "other/d.20261120" }));

    expect(songsOf(copy)).toEqual(["new"]);
    expect(copy.isBehind).toBe(false);
  });

  test("a delta of another store, or of a window that began, shows that a snapshot is missing", () => {
    for (const log of ["other/d.20261120", "store/d.20261121"]) {
      const copy = copyOf(aChart(9, ["A"]), entering(10, "B", { log }));

      expect(copy.isBehind).toBe(true);
      expect(songsOf(copy)).toEqual(["A"]);
    }
  });

  test("a delta that has the right number and does not fit asks for the whole", () => {
    const copy = copyOf(aChart(1, ["A"]), entering(2, "B", { leave: ["nobody"] }));

    expect(copy).toMatchObject({ isBehind: true, version: undefined });
    expect(songsOf(copy)).toEqual(["A"]);
    expect(copy.take(aChart(2, ["B", "A"]))).toBe(true);
    expect(copy).toMatchObject({ isBehind: false, version: { seq: 2 } });
  });

  test("'current' is no news, and says as of which epoch the version holds", () => {
    const copy = copyOf(aChart(2, ["A"]));

    expect(copy.take(currentAt({ log: dayLog, seq: 2 }, 8))).toBe(false);
    expect(copy.held).toMatchObject({ seq: 2, epoch: 8, now: 1_008_000 });
  });

  test("whatever is lost, doubled or out of order, the next snapshot of the newest version ends right", () => {
    const newest = 8;
    const deltas = Array.from({ length: newest - 1 }, (_, i) => entering(i + 2, `S${i + 2}`));
    const truth = copyOf(aChart(1, ["S1"]), ...deltas);
    const whole = truth.held;
    if (whole === undefined) throw new Error("no chart");
    const snapshots = deltas.map((_, i) => copyOf(aChart(1, ["S1"]), ...deltas.slice(0, i)).held ?? whole);
    const someMessages = fc.array(fc.constantFrom(...deltas, ...snapshots), { maxLength: 30 });

    fc.assert(
      fc.property(someMessages, (messages) => {
        const copy = new ChannelCopy();
        let seq = 0;
        for (const message of messages) {
          copy.take(message);
          const now = copy.held?.seq ?? 0;
          expect(now).toBeGreaterThanOrEqual(seq);
          seq = now;
        }
        copy.take(whole);

        expect(copy.held).toEqual(whole);
        expect(copy.isBehind).toBe(false);
      }),
    );
  });
});
