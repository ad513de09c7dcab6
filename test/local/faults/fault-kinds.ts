import { trendingPipeline } from "#src/workflow/trending-pipeline.ts";

/** What can go wrong at one call of a store or a service. */
export const callFaults = [
  /** The function dies before the call. */
  "crash before a call",
  /** The function dies after the call, which is done. */
  "crash after a call",
  /** The call is done, and its answer is a timeout. */
  "lost answer",
  /** The call is refused. */
  "throttled",
  /** Some of the items of a call that is not a transaction are written, then it fails. */
  "half-applied call",
  /** One segment is missing from what a range read answers. */
  "missed segment",
  /** The call takes minutes. */
  "slow call",
  /** Whoever called the function gives up on it, and it goes on later. */
  "zombie",
] as const;
export type CallFaultKind = (typeof callFaults)[number];

/** Calls after which much depends on what comes next. */
export const criticalCalls = [
  "latest",
  "create",
  "commit",
  "append",
  "claim",
  "read claims",
  "apply",
  "read profiles",
  "write profiles",
  "write list",
  "replace",
  "rewrite",
] as const;
export type CriticalCall = (typeof criticalCalls)[number];

/** Poison records, by what is wrong with them. */
export const poisonKinds = [
  "bad JSON",
  "not UTF-8",
  "empty record",
  "bad gzip",
  "cut gzip",
  "too large play",
  "no listener",
  "e-mail as listener",
  "too old",
  "from the future",
  "other schema",
  "bad rating",
  "not an object",
  "block without plays",
  "block over 8 MiB",
  "block of bad lines",
  "huge garbage",
] as const;
export type PoisonKind = (typeof poisonKinds)[number];

/** What else a run can go through. */
export const worldFaults = [
  "batch delivered again",
  "batch cut elsewhere",
  "two containers at once",
  "cold container",
  "shard split",
  "shard merge",
  "two workflows at once",
  "lease expired under a run",
  "backlog larger than an epoch",
  "producer retry within the horizon",
  "producer retry beyond the horizon",
  "marked play repeated beyond the horizon",
  "play marked after it counted unmarked",
  "bad line in a block",
  "broadcast failed",
  "clock stepped back",
  "task out of order",
  "listener forgotten",
  "forgotten listener played on",
  "forget died and was run again",
  "forget beside a workflow",
  "lease expired under forget",
] as const;
type WorldFault = (typeof worldFaults)[number];

/** What can go wrong at one of the requests that an adapter of DynamoDB makes in a call. */
export const requestFaults = ["request refused", "answer of a request lost"] as const;
type RequestFault = (typeof requestFaults)[number];

/** An execution may be lost before it enters any of its states. */
export type StateName = keyof typeof trendingPipeline.States;
const states = Object.keys(trendingPipeline.States) as StateName[];

export type FaultKind =
  | CallFaultKind
  | WorldFault
  | RequestFault
  | `workflow died before ${StateName}`
  | `poison: ${PoisonKind}`;

/** All that every store can have. */
export const faultKinds: readonly FaultKind[] = [
  ...callFaults,
  ...worldFaults,
  ...states.map((state) => `workflow died before ${state}` as const),
  ...poisonKinds.map((kind) => `poison: ${kind}` as const),
];

/** How often each kind was injected. */
export class FaultLog {
  readonly #counts = new Map<FaultKind, number>();

  note(kind: FaultKind, times = 1): void {
    this.#counts.set(kind, this.count(kind) + times);
  }

  count(kind: FaultKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The kinds that never were, of those that every store can have. */
  get missing(): readonly FaultKind[] {
    return faultKinds.filter((kind) => this.count(kind) === 0);
  }
}
