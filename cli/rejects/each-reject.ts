import type { RejectSummary } from "#src/domain/reject.ts";
import type { RejectQuery } from "#src/ports/reject-store.ts";
import type { RejectReader } from "./open-rejects.ts";

const pageSize = 500;

/** The rejects of a day, page by page. */
export async function* eachReject(
  rejects: RejectReader,
  query: Pick<RejectQuery, "day" | "reason">,
): AsyncIterableIterator<RejectSummary> {
  let after: RejectQuery["after"];
  do {
    const page = await rejects.list({ ...query, after, limit: pageSize });
    yield* page.rejects;
    after = page.next;
  } while (after !== undefined);
}
