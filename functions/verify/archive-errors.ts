import type { Head } from "#src/domain/position.ts";
import { formatIsoTime } from "#src/wire/iso-time.ts";

/** The archive does not go as far as the epoch that is verified: its writer lags, or has stopped. */
export class ArchiveBehindError extends Error {
  override readonly name = "ArchiveBehindError";

  /** @param last the last archived record of a shard; undefined where it has none */
  constructor(
    { shard, arrivedAt }: Pick<Head, "shard" | "arrivedAt">,
    last: { readonly arrivedAt: number } | undefined,
  ) {
    const counted = `what is counted up to ${formatIsoTime(arrivedAt)}`;
    const there =
      last === undefined
        ? `has no record of ${shard}, of ${counted}`
        : `of ${shard} ends ${(arrivedAt - last.arrivedAt) / 1000} s before ${counted}`;
    super(`the archive ${there}: its writer lags or does not run; without AWS, start earworm dev`);
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
