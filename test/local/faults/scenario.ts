import fc from "fast-check";
import { type WorkflowResource, workflowResources } from "#src/workflow/trending-pipeline.ts";
import { type CriticalCall, callFaults, criticalCalls, poisonKinds } from "./fault-kinds.ts";
import type { CallFault } from "./invocation.ts";
import { alternatives, badLines, buckets, type LineSpec, type PlaySpec, type RecordSpec } from "./records.ts";

/** One run of a function, or of the workflow. */
export type Job =
  | {
      readonly kind: "deliver";
      readonly shard: number;
      /** Records in the batch. */
      readonly size: number;
      /** How many records before the checkpoint the batch starts. */
      readonly back: number;
      /** Which of the warm containers gets it; the last one is always cold. */
      readonly container: number;
      readonly faults: readonly CallFault[];
    }
  | {
      readonly kind: "workflow";
      /** The execution is lost before it enters so many states. */
      readonly diesBefore: number | undefined;
      /** How long after the other jobs of the step it starts, ms. */
      readonly afterMs: number;
      /** The task that fails as often as it is called. */
      readonly outage: WorkflowResource | undefined;
      readonly faults: readonly CallFault[];
    }
  | {
      readonly kind: "forget";
      /** Which of the listeners who have played by then. */
      readonly listener: number;
      /** How long after the other jobs of the step it starts, ms. */
      readonly afterMs: number;
      readonly faults: readonly CallFault[];
    };

export type Step =
  | { readonly kind: "put"; readonly records: readonly RecordSpec[] }
  /** Where `ms` is less than 0 the clock steps back. */
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "split" | "merge"; readonly shard: number }
  /** Jobs at once; whose call is next is `order`'s choice. */
  | { readonly kind: "work"; readonly jobs: readonly Job[]; readonly order: readonly number[] };

/** A run of the harness, from which everything else follows. */
export interface Scenario {
  /** Epoch ms. */
  readonly startAt: number;
  readonly shards: number;
  readonly maxEpochPlays: number;
  readonly playsPerWorker: number;
  readonly maxWorkers: number;
  readonly tickSeconds: number;
  readonly profileTickSeconds: number;
  readonly maxProfilePlays: number;
  /** Whether sequence numbers have 56 digits, as Kinesis' have, or grow in digits. */
  readonly longSequenceNumbers: boolean;
  readonly steps: readonly Step[];
}

export interface Size {
  readonly steps: number;
  /** The most records that are put at once. */
  readonly records: number;
  /** The most listeners that are forgotten. */
  readonly erasures: number;
}

/** The last of them is for a batch that always gets a cold container. */
export const containers = 4;

const upTo = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
const below = (count: number): fc.Arbitrary<number> => upTo(count - 1);

const somePlay = fc.record(
  Object.fromEntries(Object.entries(alternatives).map(([field, count]) => [field, below(count)])),
) as fc.Arbitrary<Record<string, number>> as fc.Arbitrary<unknown> as fc.Arbitrary<PlaySpec>;

const someLine: fc.Arbitrary<LineSpec> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ play: somePlay }) },
  { weight: 1, arbitrary: fc.record({ bad: below(badLines) }) },
);

const bucket = below(buckets);

const someRecord: fc.Arbitrary<RecordSpec> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ kind: fc.constant("play" as const), play: somePlay }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("block" as const),
      bucket,
      lines: fc.array(someLine, { minLength: 1, maxLength: 12, size: "max" }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("poison" as const),
      bucket,
      poison: fc.constantFrom(...poisonKinds),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("retry" as const, "marked retry" as const),
      of: upTo(1000),
    }),
  },
);

/** Longer than a lease, which therefore is over when a call, or a start, took so long. */
const pastLeaseMs = 310_000;

/** @param call the call at which it happens */
const someFaults = (call: fc.Arbitrary<Pick<CallFault, "on" | "at">>): fc.Arbitrary<readonly CallFault[]> =>
  fc.array(
    fc
      .tuple(call, fc.constantFrom(...callFaults), fc.constantFrom(10, 20_000, pastLeaseMs))
      .map(([at, kind, ms]) => ({ ...at, kind, ms })),
    { maxLength: 3, size: "max" },
  );

const someDelivery: fc.Arbitrary<Job> = fc.record({
  kind: fc.constant("deliver" as const),
  shard: upTo(3),
  size: fc.integer({ min: 1, max: 20 }),
  back: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: upTo(12) }),
  container: below(containers),
  faults: someFaults(fc.record({ at: upTo(7) })),
});

/** Which call of a run, of about 60. */
const callOfAnExecution: fc.Arbitrary<Pick<CallFault, "on" | "at">> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ at: upTo(80) }) },
  { weight: 3, arbitrary: fc.record({ on: fc.constantFrom(...criticalCalls), at: upTo(2) }) },
);

const anExecution = (
  diesBefore: fc.Arbitrary<number | undefined>,
  afterMs: number,
  faults: fc.Arbitrary<readonly CallFault[]>,
): fc.Arbitrary<Job> =>
  fc.record({
    kind: fc.constant("workflow" as const),
    diesBefore,
    afterMs: fc.constant(afterMs),
    outage: fc.option(fc.constantFrom(...workflowResources), { nil: undefined, freq: 8 }),
    faults,
  });

/** Often where a run would wait for the tick, to which few come. */
const someState = fc.oneof({ weight: 4, arbitrary: upTo(14) }, { weight: 1, arbitrary: fc.constant(2) });

const someExecution = anExecution(
  fc.option(someState, { nil: undefined, freq: 4 }),
  0,
  someFaults(callOfAnExecution),
);

/**
 * A run that takes too long at some call, a batch that comes meanwhile, and another run when the lease is over: the first goes on
 * beside it, or when the other is through with what there was and with the batch.
 */
const overtaking: fc.Arbitrary<readonly Job[]> = fc.tuple(
  anExecution(
    fc.constant(undefined),
    0,
    fc
      .tuple(callOfAnExecution, fc.constantFrom(pastLeaseMs, pastLeaseMs + 20_000))
      .map(([at, ms]) => [{ ...at, kind: "slow call" as const, ms }]),
  ),
  someDelivery,
  anExecution(fc.constant(undefined), pastLeaseMs, fc.oneof(fc.constant([]), someFaults(callOfAnExecution))),
);

const someJobs: fc.Arbitrary<readonly Job[]> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.array(
      fc.oneof({ weight: 3, arbitrary: someDelivery }, { weight: 2, arbitrary: someExecution }),
      { minLength: 1, maxLength: 3, size: "max" },
    ),
  },
  { weight: 2, arbitrary: overtaking },
);

const someStep = ({ records }: Size): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("put" as const),
        records: fc.array(someRecord, { minLength: 1, maxLength: records, size: "max" }),
      }),
    },
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constant("work" as const),
        jobs: someJobs,
        order: fc.array(below(6), { maxLength: 80, size: "max" }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("wait" as const),
        ms: fc.constantFrom(1_000, 20_000, 290_000, 601_000, 1_800_000, -90_000, -3_600_000),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom("split" as const, "merge" as const), shard: upTo(3) }),
    },
  );

/** Which call of a `forget`, of about 40. */
const callOfForget: fc.Arbitrary<Pick<CallFault, "on" | "at">> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ at: upTo(50) }) },
  {
    weight: 1,
    arbitrary: fc.record({ on: fc.constantFrom("create", "write list", "rewrite"), at: upTo(1) }),
  },
);

const forget = (afterMs: number, faults: fc.Arbitrary<readonly CallFault[]>): fc.Arbitrary<Job> =>
  fc.record({
    kind: fc.constant("forget" as const),
    listener: below(alternatives.listener),
    afterMs: fc.constant(afterMs),
    faults,
  });

const slowAt = (on: CriticalCall, ms: number): fc.Arbitrary<readonly CallFault[]> =>
  fc.constant([{ kind: "slow call", on, at: 0, ms }]);
const noFaults = fc.constant<readonly CallFault[]>([]);
const plainExecution = (afterMs: number): fc.Arbitrary<Job> =>
  anExecution(fc.constant(undefined), afterMs, noFaults);

/** A run of an epoch that is late for it, because another one and `forget` are through by then. */
const lateForForget = fc.tuple(
  anExecution(fc.constant(undefined), 0, slowAt("apply", 4 * pastLeaseMs)),
  plainExecution(pastLeaseMs),
  forget(2 * pastLeaseMs, noFaults),
);
/** A run of the epoch that corrects that is late, because others have gone on. */
const lateCorrection = fc.tuple(
  forget(0, noFaults),
  anExecution(fc.constant(undefined), 30_000, slowAt("replace", 2 * pastLeaseMs)), // before the one that forget waits for
  someDelivery,
  plainExecution(pastLeaseMs + 100_000),
);
/** A `forget` whose lease ends before it has written its epoch down. */
const lateForget = fc.tuple(
  forget(0, fc.oneof(slowAt("create", pastLeaseMs), slowAt("write list", pastLeaseMs))),
  someDelivery,
  plainExecution(pastLeaseMs - 5_000),
);

/** Somebody is forgotten somewhere in a scenario, beside what runs there. */
const someErasure = fc.record({
  atPercent: below(100),
  jobs: fc.oneof(
    { weight: 4, arbitrary: fc.tuple(forget(0, fc.oneof(noFaults, someFaults(callOfForget)))) },
    { weight: 1, arbitrary: lateForForget },
    { weight: 1, arbitrary: lateCorrection },
    { weight: 2, arbitrary: lateForget },
  ) as fc.Arbitrary<readonly Job[]>,
  order: fc.array(below(6), { maxLength: 40, size: "max" }),
});
type Erasure = typeof someErasure extends fc.Arbitrary<infer T> ? T : never;

function withErasures(steps: readonly Step[], erasures: readonly Erasure[]): readonly Step[] {
  const all = [...steps];
  for (const { atPercent, jobs, order } of erasures) {
    const at = Math.floor((atPercent * all.length) / 100);
    const step = all[at];
    if (step?.kind === "work") all[at] = { ...step, jobs: [...step.jobs, ...jobs] };
    else all.splice(at, 0, { kind: "work", jobs, order });
  }
  return all;
}

/** The evening before a week, a day, a year changes, and the middle of a day. */
const starts = ["2026-11-22T23:40Z", "2026-11-20T14:10Z", "2026-12-31T22:30Z", "2026-11-21T13:50Z"];

export const someScenario = (size: Size): fc.Arbitrary<Scenario> =>
  fc.record({
    startAt: fc.constantFrom(...starts.map((start) => Date.parse(start))),
    shards: fc.integer({ min: 1, max: 3 }),
    maxEpochPlays: fc.constantFrom(50_000, 5, 20),
    playsPerWorker: fc.constantFrom(1, 4, 50_000),
    maxWorkers: fc.constantFrom(1, 2, 5),
    tickSeconds: fc.constantFrom(0, 5, 60),
    profileTickSeconds: fc.constantFrom(0, 20, 900),
    maxProfilePlays: fc.constantFrom(50_000, 4, 20),
    longSequenceNumbers: fc.boolean(),
    steps: fc
      .tuple(
        fc.array(someStep(size), { minLength: 8, maxLength: size.steps, size: "max" }),
        fc.array(someErasure, { maxLength: size.erasures, size: "max" }),
      )
      .map(([steps, erasures]) => withErasures(steps, erasures)),
  });
