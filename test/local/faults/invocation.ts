import { CliError } from "#cli/cli-error.ts";
import { CorruptStoreError, StaleEpochError, StoreError } from "#src/domain/errors.ts";
import type { CallFaultKind, CriticalCall, FaultLog } from "./fault-kinds.ts";
import type { Scheduler } from "./scheduler.ts";

/** A fault at a job's `at`-th call, or the first after it that it can happen to. */
export interface CallFault {
  readonly kind: CallFaultKind;
  /** Where it is to happen at a certain call, of which `at` is counted then. */
  readonly on?: CriticalCall | undefined;
  readonly at: number;
  /** How long a slow call takes, or a zombie sleeps, ms. */
  readonly ms: number;
}

/** What the harness throws in place of an answer. */
export class InjectedError extends StoreError {}

/** How a call goes wrong in ways of its own. */
export interface Variants<T> {
  /** Does a part of what is asked. */
  readonly half?: (() => Promise<unknown>) | undefined;
  /** Answers with a segment less; undefined where there is none. */
  readonly missed?: () => Promise<T | undefined>;
  readonly name?: CriticalCall;
  /** Whether it changes totals, profiles, lists or segments. */
  readonly isWrite?: boolean;
}

/** The way from a function to its stores. */
export interface Caller {
  call<T>(perform: () => Promise<T>, variants?: Variants<T>): Promise<T>;
}

/** Whether this is the cause, or its cause is. */
const isInjected = (error: unknown): boolean =>
  error instanceof InjectedError || (error instanceof Error && isInjected(error.cause));

const never = new Promise<never>(() => {});

/** The faults of a job, each of which happens once; calls are counted over all of its functions. */
export class FaultPlan {
  #faults: readonly CallFault[];
  #calls = 0;
  readonly #callsOf = new Map<CriticalCall, number>();

  constructor(faults: readonly CallFault[]) {
    this.#faults = faults;
  }

  next<T>({ name, half, missed }: Variants<T>): CallFault | undefined {
    const call = this.#calls++;
    const callOf = name === undefined ? 0 : (this.#callsOf.get(name) ?? 0);
    if (name !== undefined) this.#callsOf.set(name, callOf + 1);
    const isPossible = ({ kind, on, at }: CallFault): boolean => {
      if (on === undefined ? at > call : on !== name || at > callOf) return false;
      if (kind === "half-applied call") return half !== undefined;
      return kind !== "missed segment" || missed !== undefined;
    };
    const fault = this.#faults.find(isPossible);
    this.#faults = this.#faults.filter((other) => other !== fault);
    return fault;
  }
}

/** One run of one function. */
export class Invocation implements Caller {
  readonly #scheduler: Scheduler;
  readonly #log: FaultLog;
  readonly #plan: FaultPlan;
  /** Whether a missed segment must keep this function from writing. */
  readonly #mustNotMiss: boolean;
  readonly #gaveUp = Promise.withResolvers<never>();
  #isDead = false;
  #isZombie = false;
  #hasMissed = false;
  /** What must never happen, and did. */
  readonly violations: string[];

  constructor(
    scheduler: Scheduler,
    log: FaultLog,
    plan: FaultPlan,
    { mustNotMiss, violations }: { readonly mustNotMiss: boolean; readonly violations: string[] },
  ) {
    this.#scheduler = scheduler;
    this.#log = log;
    this.#plan = plan;
    this.#mustNotMiss = mustNotMiss;
    this.violations = violations;
  }

  /** Whether its container is of no use any more. */
  get isLost(): boolean {
    return this.#isDead || this.#isZombie;
  }

  /** What a caller sees of the function: its answer, or that it is gone. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const answer = work();
    this.#gaveUp.promise.catch(() => undefined);
    answer.catch((error: unknown) => this.#judge(error));
    return await Promise.race([answer, this.#gaveUp.promise]);
  }

  async call<T>(perform: () => Promise<T>, variants: Variants<T> = {}): Promise<T> {
    const fault = this.#plan.next(variants);
    if (fault?.kind === "slow call" || fault?.kind === "zombie") {
      this.#log.note(fault.kind);
      if (fault.kind === "zombie") this.#giveUp("timed out");
      await this.#scheduler.sleep(fault.ms);
    }
    const answer = await this.#scheduler.turn(() => this.#answer(fault, perform, variants));
    return this.#isDead ? await never : answer;
  }

  async #answer<T>(
    fault: CallFault | undefined,
    perform: () => Promise<T>,
    variants: Variants<T>,
  ): Promise<T> {
    if (this.#isDead) return undefined as T; // nobody waits for it
    switch (fault?.kind) {
      case "crash before a call":
        this.#log.note(fault.kind);
        this.#isDead = true;
        this.#giveUp("crashed before a call");
        return undefined as T;
      case "throttled":
        this.#log.note(fault.kind);
        throw new InjectedError("injected: throttled");
      case "half-applied call":
        await variants.half?.();
        this.#log.note(fault.kind);
        throw new InjectedError("injected: half of it is done");
      default:
        return await this.#perform(fault, perform, variants);
    }
  }

  async #perform<T>(
    fault: CallFault | undefined,
    perform: () => Promise<T>,
    variants: Variants<T>,
  ): Promise<T> {
    if (variants.isWrite === true && this.#hasMissed && this.#mustNotMiss) {
      this.violations.push("a function wrote although it had missed a segment");
    }
    if (fault?.kind === "missed segment") {
      const answer = await variants.missed?.();
      if (answer === undefined) return await perform();
      this.#log.note(fault.kind);
      this.#hasMissed = true;
      return answer;
    }
    const answer = await perform();
    if (fault?.kind === "lost answer") {
      this.#log.note(fault.kind);
      throw new InjectedError("injected: the answer got lost");
    }
    if (fault?.kind === "crash after a call") {
      this.#log.note(fault.kind);
      this.#isDead = true;
      this.#giveUp("crashed after a call");
    }
    return answer;
  }

  #giveUp(how: string): void {
    this.#isZombie = !this.#isDead;
    this.#gaveUp.reject(new InjectedError(`injected: the function ${how}`));
  }

  /** Injected failures, an epoch that is somebody else's by now, what a user is told, and a gap that was injected are in order. */
  #judge(error: unknown): void {
    if (isInjected(error) || error instanceof StaleEpochError || error instanceof CliError) return;
    if (this.#hasMissed && error instanceof StoreError && !(error instanceof CorruptStoreError)) return;
    this.violations.push(`unexpected ${error instanceof Error ? `${error.name}: ${error.message}` : error}`);
  }
}
