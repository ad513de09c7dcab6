import { formatCount } from "./format.ts";

interface Reason {
  /** The chart that the song is taken from. */
  readonly list: string;
  /** Its place there. */
  readonly rank: number;
}

/** Why a song is recommended, in words. */
export function recommendationReason({ list, rank }: Reason): string {
  return list === "hot" ? `#${formatCount(rank)} of what is hot now` : `#${formatCount(rank)} of all time`;
}
