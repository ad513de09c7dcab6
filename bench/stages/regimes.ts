import type { EpochMs } from "#src/domain/play.ts";

const hourMs = 3_600_000;

/** The epochs of a run, and who listens to what. */
export interface Regime {
  readonly songs: number;
  readonly users: number;
  /** How many listen at once. */
  readonly listening: number;
  readonly warm: readonly EpochPlan[];
  readonly measured: readonly EpochPlan[];
}

export interface EpochPlan {
  readonly plays: number;
  /** When the first of them starts, epoch ms. They arrive as they start. */
  readonly from: EpochMs;
  /** Plays a second. */
  readonly rate: number;
}

const start = Date.UTC(2026, 10, 24, 6) as EpochMs;

const at = (ms: number): EpochMs => (start + ms) as EpochMs;

/** Some hours of plays, one epoch each, so that charts are full and songs have windows. */
const warmHours = (hours: number): readonly EpochPlan[] =>
  Array.from({ length: hours }, (_, hour) => ({
    plays: 10_000,
    from: at(hour * hourMs),
    rate: 10_000 / 3600,
  }));

const seconds = (afterHours: number, count: number, plays: number): readonly EpochPlan[] =>
  Array.from({ length: count }, (_, second) => ({
    plays,
    from: at(afterHours * hourMs + 600_000 + second * 1000),
    rate: plays,
  }));

/** `file`: a file in one go. `load`: seconds of what `npm run load` sends at 20,000 plays/s. `second` and `tenth`: seconds of what the simulator does, at 20,000 and 2,000 plays/s. */
export const regimes = {
  file: {
    songs: 100_000,
    users: 100_000,
    listening: 2000,
    warm: [],
    measured: [{ plays: 200_000, from: at(0), rate: 4000 }],
  },
  load: {
    songs: 10_000,
    users: 10_000,
    listening: 5000,
    warm: warmHours(1),
    measured: seconds(1, 10, 20_000),
  },
  second: {
    songs: 1_000_000,
    users: 1_000_000,
    listening: 500_000,
    warm: warmHours(6),
    measured: seconds(6, 3, 20_000),
  },
  tenth: {
    songs: 1_000_000,
    users: 1_000_000,
    listening: 500_000,
    warm: warmHours(6),
    measured: seconds(6, 3, 2000),
  },
} as const satisfies Record<string, Regime>;
export type RegimeName = keyof typeof regimes;
