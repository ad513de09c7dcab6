import type { BroadcastOutcome, EpochNumber, EpochRecord, StageFigures } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { Verification } from "#src/domain/verification.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";

/** The log of epochs in memory. */
export class MemoryEpochLog implements EpochLog {
  readonly #records = new Map<EpochNumber, EpochRecord>();
  readonly #broadcasts = new Map<EpochNumber, BroadcastOutcome>();
  #verification: Verification | undefined;
  #lease: { readonly owner: string; readonly endsAt: number } | undefined;

  latest(): Promise<EpochRecord | undefined> {
    const newest = Math.max(...this.#records.keys()) as EpochNumber;
    return Promise.resolve(this.#records.get(newest));
  }

  read(epoch: EpochNumber): Promise<EpochRecord | undefined> {
    return Promise.resolve(this.#records.get(epoch));
  }

  create(record: EpochRecord): Promise<"created" | "exists"> {
    if (this.#records.has(record.epoch)) return Promise.resolve("exists");
    this.#records.set(record.epoch, record);
    return Promise.resolve("created");
  }

  commit(epoch: EpochNumber, figures: Readonly<Record<string, StageFigures>>, at: EpochMs): Promise<void> {
    const record = this.#records.get(epoch);
    if (record === undefined) return Promise.reject(new CorruptStoreError(`epoch ${epoch} has no record`));
    if (record.status === "open") {
      this.#records.set(epoch, { ...record, status: "committed", figures, committedAt: at });
    }
    return Promise.resolve();
  }

  noteBroadcast(epoch: EpochNumber, outcome: BroadcastOutcome): Promise<void> {
    this.#broadcasts.set(epoch, outcome);
    return Promise.resolve();
  }

  readBroadcast(epoch: EpochNumber): Promise<BroadcastOutcome | undefined> {
    return Promise.resolve(this.#broadcasts.get(epoch));
  }

  noteVerification(verification: Verification): Promise<void> {
    this.#verification = verification;
    return Promise.resolve();
  }

  readVerification(): Promise<Verification | undefined> {
    return Promise.resolve(this.#verification);
  }

  acquireLease(owner: string, now: EpochMs, lengthMs: number): Promise<boolean> {
    const lease = this.#lease;
    const isTaken =
      lease !== undefined && lease.owner !== owner && lease.endsAt > now && lease.endsAt <= now + lengthMs;
    if (!isTaken) this.#lease = { owner, endsAt: now + lengthMs };
    return Promise.resolve(!isTaken);
  }

  releaseLease(owner: string): Promise<void> {
    if (this.#lease?.owner === owner) this.#lease = undefined;
    return Promise.resolve();
  }
}
