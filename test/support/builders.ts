import type { EpochMs, Play } from "#src/domain/play.ts";

/** The same shape with plain strings and numbers for branded ones, and nothing required. */
type Loose<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends readonly unknown[]
      ? T
      : T extends object
        ? { readonly [Key in keyof T]?: Loose<T[Key]> }
        : T;

/** 2026-11-20T12:00:00Z. */
export const someTime = 1_795_176_000_000 as EpochMs;

let built = 0;

/** A valid play with an id of its own. Override only what the test is about; fields of the track one by one. */
export function aPlay(overrides: Omit<Loose<Play>, "endReason"> & Pick<Play, "endReason"> = {}): Play {
  built += 1;
  return {
    eventId: `event-${built}`,
    userId: "user-1",
    startedAt: someTime,
    ...overrides,
    track: { id: "track-1", artist: "Coldplay", ...overrides.track },
  } as Play;
}
