import { mix, Random } from "#simulator/random.ts";
import { sketchOfBuckets } from "#src/domain/listener-sketch.ts";
import { type EpochMs, tenths } from "#src/domain/play.ts";
import { type Label, noTotals, type Totals, type WindowTotals } from "#src/domain/totals.ts";
import {
  currentWindows,
  dayMs,
  hourMs,
  hourWindow,
  isExpired,
  type WindowId,
  windowShares,
} from "#src/domain/windows.ts";

/** How long a play is listened to, on average. */
const meanListenedMs = 180_000;
/** How far a play is from that, root mean square. */
const listenedSpreadMs = 80_000;

/** The past of a counter: how often it was played, and since when. */
export interface Past {
  /** Plays a second. */
  readonly rate: number;
  readonly from: EpochMs;
  /** The present. */
  readonly to: EpochMs;
  /** The same seed and past give the same history. */
  readonly seed: number;
  readonly label: Label | undefined;
}

/**
 * The totals of a counter that was played at random at a steady rate: every window that had a play, without what the
 * adapter would have dropped since.
 */
export function historyOf(past: Past): Totals {
  const random = new Random(past.seed);
  const history = new History();
  for (let hour = Math.floor(past.from / hourMs) * hourMs; hour < past.to; hour += hourMs) {
    const start = Math.max(hour, past.from);
    const seconds = (Math.min(hour + hourMs, past.to) - start) / 1000;
    const plays = poisson(past.rate * seconds, random);
    if (plays > 0) history.add(start as EpochMs, plays, listenedMs(plays, random));
  }
  return history.totals(past);
}

/** The same in expectation and only with the windows that are current: enough for a chart, and quick. */
export function expectedTotals(past: Past): Totals {
  const history = new History();
  const hour = Math.floor(past.to / hourMs) * hourMs;
  const day = Math.floor(past.to / dayMs) * dayMs;
  const starts = [
    past.from,
    Math.max(past.from, past.to - 4 * dayMs),
    Math.max(past.from, day),
    hour,
    past.to,
  ];
  for (let i = 0; i + 1 < starts.length; i++) {
    const start = starts[i] ?? past.to;
    const plays = Math.round((past.rate * ((starts[i + 1] ?? past.to) - start)) / 1000);
    if (plays <= 0) continue;
    history.add(start as EpochMs, plays, plays * meanListenedMs + (mix(past.seed, i) % 100_000));
  }
  return history.totals(past);
}

class History {
  readonly #windows = new Map<WindowId, WindowTotals>();
  readonly #decays = new Map<WindowId, bigint>();
  #plays = 0;
  #listenedMs = 0;
  #last = 0 as EpochMs;

  add(at: EpochMs, plays: number, listenedMs: number): void {
    this.#plays += plays;
    this.#listenedMs += listenedMs;
    this.#last = at;
    for (const { window, kind, weight } of windowShares(at)) {
      if (kind === "decay") {
        this.#decays.set(window, (this.#decays.get(window) ?? 0n) + BigInt(weight) * BigInt(plays));
        continue;
      }
      const before = this.#windows.get(window) ?? { plays: 0, listenedMs: 0 };
      this.#windows.set(window, {
        plays: before.plays + plays,
        listenedMs: before.listenedMs + listenedMs,
      });
    }
  }

  totals({ to, from, label, seed }: Past): Totals {
    this.#dropExpired();
    return {
      plays: this.#plays,
      unqualified: Math.floor(this.#plays / 7),
      listenedMs: this.#listenedMs,
      completes: Math.floor(this.#plays * 0.7),
      skips: Math.floor(this.#plays / 5),
      ratingSum: Math.floor(this.#plays / 8) * 350,
      ratingCount: Math.floor(this.#plays / 8),
      tenths:
        label === undefined
          ? noTotals.tenths
          : Array.from({ length: tenths }, (_, i) => Math.floor((this.#plays * i) / 55)),
      firstPlayedAt: this.#plays > 0 ? from : undefined,
      label,
      windows: this.#windows,
      decays: this.#decays,
      listeners: this.#listeners({ to, seed }),
    };
  }

  /** Of the hour that is under way, each play by somebody else. */
  #listeners({ to, seed }: Pick<Past, "to" | "seed">): Totals["listeners"] {
    const plays = this.#windows.get(hourWindow(to))?.plays ?? 0;
    if (plays === 0) return noTotals.listeners;
    const buckets = Array.from({ length: Math.min(plays, 1000) }, (_, i) => Math.abs(mix(seed, i)) % 64);
    return new Map([[currentWindows(to).rising, sketchOfBuckets(buckets)]]);
  }

  /** The adapter drops what has expired when it writes, which was at the last play. */
  #dropExpired(): void {
    for (const id of [...this.#windows.keys(), ...this.#decays.keys()]) {
      if (!isExpired(id, this.#last)) continue;
      this.#windows.delete(id);
      this.#decays.delete(id);
    }
  }
}

/** What so many plays are listened to. */
const listenedMs = (plays: number, random: Random): number =>
  Math.max(0, Math.round(plays * meanListenedMs + Math.sqrt(plays) * listenedSpreadMs * normal(random)));

/** A number of the standard normal distribution (Box and Muller). */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** A Poisson number; from 30 on by the normal distribution. */
function poisson(mean: number, random: Random): number {
  if (mean >= 30) {
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  }
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count += 1;
  return count;
}
