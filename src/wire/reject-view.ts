import type { EpochMs } from "../domain/play.ts";
import type { RejectSummary } from "../domain/reject.ts";
import { formatIsoTime, parseIsoTime } from "./iso-time.ts";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The start of a day `YYYY-MM-DD`; undefined for anything else. */
export const parseDay = (text: string): EpochMs | undefined =>
  text.length === 10 ? (parseIsoTime(text) as EpochMs | undefined) : undefined;

/** `YYYY-MM-DD`, in UTC. */
export const formatDay = (at: EpochMs): string => formatIsoTime(at).slice(0, 10);

/** Raw bytes as text; undefined where they are not UTF-8 or hold what no text holds (control characters). */
export function textOfRaw(raw: Uint8Array): string | undefined {
  try {
    const text = strictUtf8.decode(raw);
    return /[^\P{Cc}\t\r\n]/u.test(text) ? undefined : text;
  } catch {
    return undefined; // it says no more than that a byte is wrong
  }
}

/** A reject as lists show it. */
export const viewReject = (reject: RejectSummary) => ({
  id: reject.id,
  arrived_at: formatIsoTime(reject.arrivedAt),
  reason: reject.reason,
  shard: reject.shard,
  sequence_number: reject.sequenceNumber,
  entry: reject.entry,
});
