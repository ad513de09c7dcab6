/** What the bench says to the process that holds the viewers, and what it is told. */
export type ToViewers =
  | {
      readonly kind: "open";
      readonly url: string;
      readonly viewers: number;
      readonly channels: readonly string[];
    }
  /** A play of this song was put at `at` (epoch ms with fractions), and it is the song's `plays`th. */
  | { readonly kind: "put"; readonly song: string; readonly plays: number; readonly at: number }
  /** Forgets the figures so far. */
  | { readonly kind: "measure" }
  | { readonly kind: "tell" }
  | { readonly kind: "close" };

export type FromViewers =
  | { readonly kind: "opened" }
  | { readonly kind: "closed" }
  | ({ readonly kind: "figures" } & ViewerFigures);

/** Times in ms. */
export interface ViewerFigures {
  /** From before a play was put until a viewer held the chart that counts it, over all viewers and plays. */
  readonly putToScreen: Quantiles;
  /** From the first viewer that got an update until each viewer had it. */
  readonly spread: Quantiles;
  /** Frames that came in, and their bytes. */
  readonly frames: number;
  readonly bytes: number;
  /** Connections that were lost. */
  readonly lost: number;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

/** Epoch ms with fractions: comparable between processes of one machine. */
export const preciseNow = (): number => performance.timeOrigin + performance.now();
