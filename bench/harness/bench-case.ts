import type { ProfileShare } from "./cpu-profile.ts";
import type { Stamp } from "./machine.ts";
import type { ResultTable } from "./result-table.ts";

/** Something that is measured beside its peer. */
export interface BenchCase {
  readonly name: string;
  readonly about: string;
  run(context: CaseContext): Promise<CaseFigures>;
}

export interface CaseContext {
  /** Whether a few minutes have to do: less work, fewer repetitions. */
  readonly isQuick: boolean;
  /** A directory of this run, removed at its end. */
  readonly dir: string;
  /** Tells what is under way. */
  say(text: string): void;
}

/** What a case found. */
export interface CaseFigures {
  readonly tables: readonly ResultTable[];
  /** By the id of a target (`bench/targets.ts`). */
  readonly ratios: Readonly<Record<string, number>>;
  readonly curves: readonly Curve[];
  readonly bars: readonly Bars[];
  /** What the CPU time of a contestant went to. */
  readonly profiles: readonly Profile[];
  /** What the figures are bound by, in sentences that hold them. */
  readonly bounds: readonly string[];
}

export interface Curve {
  readonly id: string;
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly CurveLine[];
}

export interface Bars {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly { readonly name: string; readonly value: number; readonly isOurs: boolean }[];
}

export interface Axis {
  readonly label: string;
  readonly isLogarithmic: boolean;
}

export interface CurveLine {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Profile {
  readonly of: string;
  readonly shares: readonly ProfileShare[];
}

export interface CaseResult extends CaseFigures {
  readonly stamp: Stamp;
  readonly isQuick: boolean;
  /** How long the case took, s. */
  readonly seconds: number;
}

/** By the name of the case. */
export type BenchResults = Readonly<Record<string, CaseResult>>;
