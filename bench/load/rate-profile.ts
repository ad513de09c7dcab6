/** A stretch of time in which the rate goes evenly from one value to another. */
export interface RateStretch {
  readonly ms: number;
  /** Plays/s at its start and at its end. */
  readonly from: number;
  readonly to: number;
}

export const profileNames = ["ramp", "spike", "soak"] as const;
export type ProfileName = (typeof profileNames)[number];

/** What a profile does with its rate, for people. */
export const profileShapes: Readonly<Record<ProfileName, string>> = {
  ramp: "from a tenth of the rate evenly up to it, then a fifth of the time at it",
  spike: "a tenth of the rate, a fifth of the time all of it at once, then a tenth again",
  soak: "the rate, all the time",
};

/**
 * @param rate the highest, plays/s
 * @param ms how long in all
 */
export function stretchesOf(profile: ProfileName, rate: number, ms: number): readonly RateStretch[] {
  const calm = rate / 10;
  switch (profile) {
    case "ramp":
      return [
        { ms: ms * 0.8, from: calm, to: rate },
        { ms: ms * 0.2, from: rate, to: rate },
      ];
    case "spike":
      return [
        { ms: ms * 0.4, from: calm, to: calm },
        { ms: ms * 0.2, from: rate, to: rate },
        { ms: ms * 0.4, from: calm, to: calm },
      ];
    case "soak":
      return [{ ms, from: rate, to: rate }];
  }
}

/** One request that is to be sent. */
export interface DueSend {
  /** When, ms after the start. */
  readonly atMs: number;
  readonly plays: number;
  /** How many plays are due with the sends up to this one. */
  readonly playsSoFar: number;
}

/** Sends a second at most; from there on each carries more plays. */
const sendsPerSecond = 50;
/** Two blocks of the size that other producers seal. */
const mostPlaysPerSend = 400;

const playsPerSend = (rate: number): number =>
  Math.min(mostPlaysPerSend, Math.max(1, Math.round(rate / sendsPerSecond)));

/**
 * When each request is due. It depends on the profile alone: nothing that a target does moves it. A send is due when the last
 * of its plays is.
 */
export function* scheduleOf(stretches: readonly RateStretch[]): Generator<DueSend> {
  const total = Math.floor(playsBy(stretches, Number.POSITIVE_INFINITY));
  let made = 0;
  while (made < total) {
    const plays = Math.min(total - made, playsPerSend(rateAt(stretches, timeOf(stretches, made))));
    made += plays;
    yield { atMs: timeOf(stretches, made), plays, playsSoFar: made };
  }
}

/** The rate at a time, plays/s; after the end that of the end. */
export function rateAt(stretches: readonly RateStretch[], atMs: number): number {
  let start = 0;
  for (const { ms, from, to } of stretches) {
    if (atMs < start + ms) return from + ((to - from) * (atMs - start)) / ms;
    start += ms;
  }
  return stretches.at(-1)?.to ?? 0;
}

/** How many plays are due by a time. */
export function playsBy(stretches: readonly RateStretch[], atMs: number): number {
  let plays = 0;
  let start = 0;
  for (const stretch of stretches) {
    const spent = Math.min(stretch.ms, Math.max(0, atMs - start));
    plays += playsWithin(stretch, spent);
    start += stretch.ms;
  }
  return plays;
}

function playsWithin({ ms, from, to }: RateStretch, spentMs: number): number {
  const slope = (to - from) / ms;
  return (from * spentMs + (slope * spentMs ** 2) / 2) / 1000;
}

/** When so many plays are due, ms. */
function timeOf(stretches: readonly RateStretch[], plays: number): number {
  let left = plays;
  let start = 0;
  for (const stretch of stretches) {
    const all = playsWithin(stretch, stretch.ms);
    if (left <= all) return start + timeWithin(stretch, left);
    left -= all;
    start += stretch.ms;
  }
  return start;
}

/** Solves `plays = (from t + slope t^2 / 2) / 1000` for t, in the form that also holds where the slope is 0. */
function timeWithin({ ms, from, to }: RateStretch, plays: number): number {
  if (plays === 0) return 0;
  const slope = (to - from) / ms;
  return (2000 * plays) / (from + Math.sqrt(Math.max(0, from ** 2 + 2000 * slope * plays)));
}
