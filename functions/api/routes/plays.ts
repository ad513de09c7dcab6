import { StoreError } from "#src/domain/errors.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import { err, type Result } from "#src/domain/result.ts";
import type { StreamRecord } from "#src/ports/play-stream.ts";
import { isObject } from "#src/wire/json.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { encodePlay, maxPlayBytes, parseJson, parsePlay, type Rejection } from "#src/wire/play-codec.ts";
import type { ApiDeps, ApiRequest } from "../api-request.ts";
import { type Caller, mayUse } from "../caller.ts";
import { type Answer, errorAnswer, errorBody, HttpError, json } from "../http-answer.ts";

const maxBodyBytes = 1024 * 1024;
const maxPlays = 500;

type Decode = (arrivedAt: EpochMs) => Result<Play, Rejection>;

type ItemAnswer =
  | { readonly index: number; readonly status: "accepted"; readonly event_id: string }
  | { readonly index: number; readonly status: "rejected"; readonly field: string; readonly reason: string };

/**
 * `POST /plays`: one JSON object, an array, or newline-delimited JSON. Each item is judged by itself; what is accepted
 * is in the stream before the answer leaves. Duplicates are found by the consumer, so repeating a request is safe.
 */
export async function postPlays(deps: ApiDeps, { event, caller }: ApiRequest): Promise<Answer> {
  refuseEncoded(event.headers["content-encoding"]);
  const items = readItems(event.headers["content-type"], readBody(event.body, event.isBase64Encoded), deps);
  if (items.length === 0) throw new HttpError(400, "empty", "the body holds no play");
  if (items.length > maxPlays) {
    throw new HttpError(413, "too_many_plays", `a request may hold ${maxPlays} plays, not ${items.length}`);
  }
  const arrivedAt = deps.clock();
  const results: ItemAnswer[] = [];
  const records: StreamRecord[] = [];
  for (const [index, decode] of items.entries()) {
    const item = encodeItem(permitted(decode(arrivedAt), caller));
    if (item.ok) {
      records.push(item.value.record);
      results.push({ index, status: "accepted", event_id: item.value.eventId });
    } else {
      results.push({ index, status: "rejected", ...item.error });
    }
  }
  const refusal = await put(deps, records);
  return refusal === undefined ? answerFor(results, records.length) : errorAnswer(refusal);
}

/** A listener's token adds that listener's plays and no other's. Whose they are instead, the reason does not say. */
function permitted(decoded: Result<Play, Rejection>, caller: Caller): Result<Play, Rejection> {
  if (!decoded.ok || mayUse(caller, decoded.value.userId)) return decoded;
  return err({ field: "user_id", reason: "this token adds plays of its own listener only" });
}

interface EncodedItem {
  readonly eventId: string;
  readonly record: StreamRecord;
}

/** The record carries derived ids; that must not push a play over the limit that the consumer enforces. */
function encodeItem(decoded: Result<Play, Rejection>): Result<EncodedItem, Rejection> {
  if (!decoded.ok) return decoded;
  const play = decoded.value;
  const data = new TextEncoder().encode(encodePlay(play));
  if (data.length > maxPlayBytes) {
    return err({ field: "record", reason: `expected at most ${maxPlayBytes} bytes, got ${data.length}` });
  }
  const record = { partitionKey: partitionKeyOf(play.userId), data };
  return { ok: true, value: { eventId: play.eventId, record } };
}

/** @returns why the stream did not take them all */
async function put(deps: ApiDeps, records: readonly StreamRecord[]): Promise<HttpError | undefined> {
  try {
    if (records.length > 0) await deps.plays.put(records);
    return undefined;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    deps.logger.error("plays were not put into the stream", { plays: records.length, reason: error.message });
    const message =
      "the stream refused plays, and some may be in: send the same again, what is in counts once";
    return new HttpError(503, "stream_unavailable", message);
  }
}

function answerFor(results: readonly ItemAnswer[], accepted: number): Answer {
  const rejected = results.length - accepted;
  const body = { accepted, rejected, results };
  if (accepted > 0) return json(rejected === 0 ? 200 : 207, body);
  const [first] = results;
  const { field, reason } = first?.status === "rejected" ? first : { field: "record", reason: "no play" };
  return json(400, { error: errorBody("no_play_accepted", `${field}: ${reason}`, field), ...body });
}

/** A compressed body could be a thousand times its bytes. What is many plays goes into the stream, in gzip blocks. */
function refuseEncoded(encoding = "identity"): void {
  if (encoding === "" || encoding.toLowerCase() === "identity") return;
  throw new HttpError(415, "encoded_body", `a body has no content-encoding, not "${encoding}"`);
}

function readBody(body: string | undefined, isBase64Encoded: boolean): string {
  const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
  if (bytes.length <= maxBodyBytes) return bytes.toString("utf8");
  throw new HttpError(413, "body_too_large", `a body may have ${maxBodyBytes} bytes, not ${bytes.length}`);
}

/** The items of a body, undecoded. Lines are recognised by themselves: few clients set NDJSON's content type. */
function readItems(contentType: string | undefined, body: string, { sha256 }: ApiDeps): readonly Decode[] {
  const fromLine =
    (line: string): Decode =>
    (arrivedAt) =>
      parsePlay(line, arrivedAt, sha256);
  const isNdjson = /^application\/(x-)?(ndjson|jsonl(ines)?)\b/i.test(contentType ?? "");
  if (isNdjson) return linesOf(body).map(fromLine);

  const whole = parseJson(body);
  if (whole.ok && Array.isArray(whole.value)) {
    return whole.value.map((item: unknown) => fromLine(JSON.stringify(item)));
  }
  if (whole.ok) return [fromLine(body)];

  const lines = linesOf(body);
  if (lines.length === 0) return [];
  if (lines.length > 1 && lines.some(isJsonObject)) return lines.map(fromLine);
  throw new HttpError(
    400,
    "bad_json",
    "the body is neither a JSON object, nor an array, nor a JSON object a line",
  );
}

const linesOf = (body: string): string[] => body.split(/\r?\n/).filter((line) => line.trim() !== "");

function isJsonObject(line: string): boolean {
  const parsed = parseJson(line);
  return parsed.ok && isObject(parsed.value);
}
