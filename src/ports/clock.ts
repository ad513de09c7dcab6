import type { EpochMs } from "../domain/play.ts";

/** The time of day. Only handlers ask; the domain takes times as arguments. */
export type Clock = () => EpochMs;
