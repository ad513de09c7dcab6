import type { Reject } from "#src/domain/reject.ts";
import type { RejectQuery } from "#src/ports/reject-store.ts";
import { formatIsoTime } from "#src/wire/iso-time.ts";
import { textOfRaw } from "#src/wire/reject-view.ts";
import { eachReject } from "./each-reject.ts";
import type { LineFile } from "./line-file.ts";
import type { RejectReader } from "./open-rejects.ts";

export interface Exported {
  /** Rejects that are a line of `out`. */
  readonly lines: number;
  /** Rejects that are no line of text: gzip blocks, other bytes, blank ones. */
  readonly leftOut: number;
  /** Rejects of which a part belongs to an epoch that has not run. */
  readonly incomplete: number;
}

/**
 * Writes the raw records of a day as lines that can be corrected and sent again, and to `reasons` a line of JSON for
 * every reject, also for those that cannot be a line.
 */
export async function exportRejects(
  rejects: RejectReader,
  query: Pick<RejectQuery, "day" | "reason">,
  out: LineFile,
  reasons: LineFile,
): Promise<Exported> {
  let leftOut = 0;
  let incomplete = 0;
  for await (const { id } of eachReject(rejects, query)) {
    const reject = await rejects.read(id);
    if (reject === undefined) continue; // deleted since it was listed
    const line = reject.isComplete ? lineOf(reject) : undefined;
    if (line !== undefined) await out.write(line);
    else if (reject.isComplete) leftOut += 1;
    else incomplete += 1;
    await reasons.write(JSON.stringify(reasonOf(reject, line === undefined ? null : out.lines)));
  }
  return { lines: out.lines, leftOut, incomplete };
}

/** The raw record on one line; undefined where that would change what it says. */
function lineOf({ raw }: Reject): string | undefined {
  const text = textOfRaw(raw)?.trim() ?? "";
  if (text === "") return undefined;
  if (!/[\r\n]/.test(text)) return text;
  // Between the tokens of JSON a line's end is white space, and inside them there is none.
  return isJson(text) ? text.replace(/[\r\n]+/g, " ") : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // why it was rejected is told elsewhere
  }
}

function reasonOf({ id, arrivedAt, reason, raw, isComplete }: Reject, line: number | null): object {
  const common = { id, line, arrived_at: formatIsoTime(arrivedAt), reason };
  if (line !== null) return common;
  if (!isComplete) return { ...common, complete: false };
  return { ...common, raw_base64: Buffer.from(raw).toString("base64") };
}
