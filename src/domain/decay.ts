/**
 * Forward decay (Cormode, Shkapenyuk, Srivastava, Xu: "Forward Decay", ICDE 2009): a play's weight grows with its time
 * from a fixed landmark instead of shrinking with its age, so sums only grow and the order of untouched songs stays.
 */

/** A play loses half of its weight in this time, in minutes. */
export const hotHalfLifeMinutes = 60;
/** The landmark moves every this many half-lives. */
const halfLivesPerLandmark = 24;
/** The weight at the landmark is 2^16: older plays still count for 16 half-lives. */
const landmarkBits = 16;
/** A play may start up to an hour after it arrives, so up to one half-life after its landmark's end. */
const overhangHalfLives = 1;

const minuteMs = 60_000;

/** 2^(r / halfLife) for each minute r of a half-life; scaling by a power of two is exact. */
const fractions = Array.from({ length: hotHalfLifeMinutes }, (_, r) => 2 ** (r / hotHalfLifeMinutes));

/**
 * `floor(2^(16 + minutes / halfLifeMinutes))` with whole minutes from `landmark` to `at` (epoch ms): an integer below
 * 2^41, so sums do not depend on their order. 0 where the play is too old for the landmark, or belongs to a later one.
 */
export function decayWeight(at: number, landmark: number): number {
  const minutes = Math.floor((at - landmark) / minuteMs);
  if (minutes >= (halfLivesPerLandmark + overhangHalfLives) * hotHalfLifeMinutes) return 0;
  const halfLives = Math.floor(minutes / hotHalfLifeMinutes);
  const fraction = fractions[minutes - halfLives * hotHalfLifeMinutes] ?? 0;
  return Math.floor(fraction * 2 ** (landmarkBits + halfLives));
}

/** A score of `hot` as the plays it is worth at `now`: 1 is one play just started. */
export function playsWorth(score: bigint, landmark: number, now: number): number {
  const minutes = (now - landmark) / minuteMs;
  return Number(score) / 2 ** (landmarkBits + minutes / hotHalfLifeMinutes);
}
