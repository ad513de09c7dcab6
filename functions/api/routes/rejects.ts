import type { EpochMs } from "#src/domain/play.ts";
import { isRejectId, type RejectId } from "#src/domain/reject.ts";
import { formatDay, parseDay, textOfRaw, viewReject } from "#src/wire/reject-view.ts";
import type { ApiDeps, ApiRequest } from "../api-request.ts";
import { isOperator } from "../caller.ts";
import { type Answer, badParameter, HttpError, json, parseLimit } from "../http-answer.ts";

const maxRejects = 1_000;
/** A Lambda function answers with 6 MB at most, and JSON escapes quotes: of a larger reject only the start is shown. */
const shownBytes = 2 * 1024 * 1024;
const longestReason = 200;

/** `GET /rejects`: the rejects of a day in the order of arrival, without their raw bytes. */
export async function getRejects(deps: ApiDeps, request: ApiRequest): Promise<Answer> {
  requireOperator(request);
  const { query } = request;
  const day = dayOf(deps, query["day"]);
  const limit = parseLimit("limit", query["limit"], 50, maxRejects);
  const after = query["after"] === undefined ? undefined : idOf("after", query["after"]);
  const { rejects, next } = await deps.rejects.list({ day, reason: reasonOf(query["reason"]), after, limit });
  return json(200, { day: formatDay(day), rejects: rejects.map(viewReject), next: next ?? null });
}

/** `GET /rejects/counts`: how many rejects of a day have which reason. */
export async function getRejectCounts(deps: ApiDeps, request: ApiRequest): Promise<Answer> {
  requireOperator(request);
  const day = dayOf(deps, request.query["day"]);
  const reasons = await deps.rejects.counts(day);
  const total = reasons.reduce((sum, { count }) => sum + count, 0);
  return json(200, { day: formatDay(day), total, reasons });
}

/** `GET /rejects/{id}`: one reject with its raw bytes. */
export async function getReject(deps: ApiDeps, request: ApiRequest): Promise<Answer> {
  requireOperator(request);
  const id = idOf("id", request.parameter);
  const reject = await deps.rejects.read(id);
  if (reject === undefined) throw new HttpError(404, "unknown_reject", `there is no reject ${id}`, "id");
  const shown = reject.raw.subarray(0, shownBytes);
  const text = textOfRaw(shown);
  return json(200, {
    ...viewReject(reject),
    complete: reject.isComplete && shown.length === reject.raw.length,
    raw_bytes: reject.raw.length,
    encoding: text === undefined ? "base64" : "utf-8",
    raw: text ?? Buffer.from(shown).toString("base64"),
  });
}

/** @throws HttpError 403 for a listener's token: a record that is no play may be anybody's */
function requireOperator({ caller }: ApiRequest): void {
  if (!isOperator(caller)) throw new HttpError(403, "forbidden", "rejects take an operator's token");
}

function dayOf(deps: ApiDeps, raw: string | undefined): EpochMs {
  if (raw === undefined) return deps.clock();
  const day = parseDay(raw);
  if (day === undefined) throw badParameter("day", `day is a date such as 2026-11-20, not "${raw}"`);
  return day;
}

function reasonOf(raw: string | undefined): string | undefined {
  if (raw === undefined || raw.length <= longestReason) return raw;
  throw badParameter("reason", `reason is at most ${longestReason} characters of a reason`);
}

function idOf(name: string, raw: string): RejectId {
  if (isRejectId(raw)) return raw;
  throw badParameter(name, `${name} is a reject's id as GET /rejects shows it`);
}
