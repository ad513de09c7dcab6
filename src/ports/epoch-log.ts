import type { BroadcastOutcome, EpochNumber, EpochRecord, StageFigures } from "../domain/epoch.ts";
import type { EpochMs } from "../domain/play.ts";
import type { Verification } from "../domain/verification.ts";

/** The write-ahead log of epochs (I4). Reads are strongly consistent; a failing store throws `StoreError`. */
export interface EpochLog {
  latest(): Promise<EpochRecord | undefined>;
  read(epoch: EpochNumber): Promise<EpochRecord | undefined>;
  /** Writes the record of a new epoch. `exists`: somebody else did, and nothing was written. */
  create(record: EpochRecord): Promise<"created" | "exists">;
  /**
   * Marks an epoch as committed at `at`; committing again changes nothing.
   *
   * @throws CorruptStoreError where the epoch has no record
   */
  commit(epoch: EpochNumber, figures: Readonly<Record<string, StageFigures>>, at: EpochMs): Promise<void>;
  /** Keeps how an epoch's broadcast went, in place of what was kept before. Nothing depends on it but `earworm trace`. */
  noteBroadcast(epoch: EpochNumber, outcome: BroadcastOutcome): Promise<void>;
  /** What `noteBroadcast` kept; undefined where the broadcast has not ended. */
  readBroadcast(epoch: EpochNumber): Promise<BroadcastOutcome | undefined>;
  /** Keeps how the stores compared with the archive, in place of what was kept before. */
  noteVerification(verification: Verification): Promise<void>;
  /** What `noteVerification` kept last; undefined where nothing was verified. */
  readVerification(): Promise<Verification | undefined>;
  /**
   * Takes the lease for `owner` until `now + lengthMs`. Refused while another owner's lease runs; one that would end
   * later than `now + lengthMs` is void (a clock went back). Re-entrant: an owner prolongs its own.
   */
  acquireLease(owner: string, now: EpochMs, lengthMs: number): Promise<boolean>;
  /** Gives the lease up where `owner` holds it. */
  releaseLease(owner: string): Promise<void>;
}
