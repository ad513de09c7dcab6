/**
 * Forward decay (Cormode, Shkapenyuk, Srivastava, Xu: "Forward Decay", ICDE 2009): a play's weight grows with its time
 * from a fixed landmark instead of shrinking with its age, so sums only grow and the order of untouched songs stays.
 */

/** The windows that decay. */
export const decayWindows = ["hot", "hot24"] as const;
export type DecayWindow = (typeof decayWindows)[number];

/** A play loses half of its weight in this time, in minutes. */
export const halfLifeMinutes: Readonly<Record<DecayWindow, number>> = { hot: 60, hot24: 24 * 60 };
/** The landmark moves every this many half-lives. */
const halfLivesPerLandmark = 24;
/** The weight at the landmark is 2^16: older plays still count for 16 half-lives. */
const landmarkBits = 16;
/** A play may start up to an hour after it arrives, so up to an hour after its landmark's end. */
const overhangMinutes = 60;

const minuteMs = 60_000;

/** 2^(r / halfLife) for each minute r of a half-life; scaling by a power of two is exact. */
const fractions: Readonly<Record<DecayWindow, readonly number[]>> = {
  hot: fractionsOf(halfLifeMinutes.hot),
  hot24: fractionsOf(halfLifeMinutes.hot24),
};

function fractionsOf(halfLife: number): readonly number[] {
  return Array.from({ length: halfLife }, (_, r) => 2 ** (r / halfLife));
}

/** How long a landmark of a window is the current one, ms. */
export const landmarkMs = (window: DecayWindow): number =>
  halfLivesPerLandmark * halfLifeMinutes[window] * minuteMs;

/** The landmark that is current at a time (both epoch ms). Landmarks are counted from 1970-01-01T00:00Z. */
export const landmarkAt = (window: DecayWindow, at: number): number =>
  Math.floor(at / landmarkMs(window)) * landmarkMs(window);

/**
 * `floor(2^(16 + minutes / halfLifeMinutes))` with whole minutes from `landmark` to `at` (epoch ms): an integer below
 * 2^41, so sums do not depend on their order. 0 where the play is too old for the landmark, or belongs to a later one.
 */
export function decayWeight(window: DecayWindow, at: number, landmark: number): number {
  const halfLife = halfLifeMinutes[window];
  const minutes = Math.floor((at - landmark) / minuteMs);
  if (minutes >= halfLivesPerLandmark * halfLife + overhangMinutes) return 0;
  const halfLives = Math.floor(minutes / halfLife);
  const fraction = fractions[window][minutes - halfLives * halfLife] ?? 0;
  return Math.floor(fraction * 2 ** (landmarkBits + halfLives));
}

/** A decayed score as the plays it is worth at `now`: 1 is one play just started. */
export function playsWorth(window: DecayWindow, score: bigint, landmark: number, now: number): number {
  const minutes = (now - landmark) / minuteMs;
  return Number(score) / 2 ** (landmarkBits + minutes / halfLifeMinutes[window]);
}
