import type { Head } from "#src/domain/position.ts";
import { sequenceNumberOf } from "#src/domain/position.ts";
import { formatIsoTime } from "#src/wire/iso-time.ts";

/** The archive does not go as far as the epoch that is verified: its writer lags, or has stopped. */
export class ArchiveBehindError extends Error {
  override readonly name = "ArchiveBehindError";

  /** @param last the last archived record of a shard; undefined where it has none */
  constructor(head: Head, last: { readonly sequenceNumber: string; readonly arrivedAt: number } | undefined) {
    const needed = `${head.shard} to ${sequenceNumberOf(head.position)} of ${formatIsoTime(head.arrivedAt)}`;
    const there =
      last === undefined
        ? "the archive has none of its records"
        : `the archive ends at ${last.sequenceNumber}, ${(head.arrivedAt - last.arrivedAt) / 1000} s before`;
    super(`what is counted goes in ${needed}, and ${there}: its writer lags, or does not run`);
  }
}

/** Hours at the archive's beginning are gone. */
export class ArchiveBeginsLaterError extends Error {
  override readonly name = "ArchiveBeginsLaterError";

  /** @param arrivedAt of the first record that is there, epoch ms */
  constructor(shard: string, arrivedAt: number) {
    super(
      `the archive of ${shard} begins at ${formatIsoTime(arrivedAt)}, after what was counted first: ` +
        "name with --from a time from which on it is whole",
    );
  }
}
