import { gunzipSync } from "node:zlib";
import { readArchive } from "#src/domain/archive.ts";
import type { Archive } from "#src/ports/archive.ts";
import type { TokenStore } from "#src/ports/token-store.ts";
import { correctionKey, noCorrection } from "#src/wire/correction-codec.ts";
import { isGzip } from "#src/wire/gzip.ts";
import { decodeRecent, recentKey } from "#src/wire/recent-codec.ts";
import type { PipelineStores } from "#test/support/pipeline.ts";
import type { CutOffs } from "./erasures.ts";
import type { Expected, Gone } from "./recount-everything.ts";

export interface Places {
  readonly stores: PipelineStores;
  readonly tokens: TokenStore;
  readonly archive: Archive;
}

/** Where listeners are still named who are forgotten, beside what docs/security.md says stays. */
export async function stillNamed(
  { stores, tokens, archive }: Places,
  cutOffs: CutOffs,
  { gone }: Expected,
): Promise<readonly string[]> {
  if (cutOffs.size === 0) return [];
  const found: string[] = [];
  for (const { id, scope } of await tokens.list())
    if (scope.kind === "listener" && cutOffs.has(scope.userId)) found.push(`token ${id} of ${scope.userId}`);
  const correction = await stores.publications.read(correctionKey);
  if (correction?.body !== noCorrection) found.push("the correction is not cleared");
  const recent = await stores.publications.read(recentKey);
  for (const { eventId, userId } of recent === undefined ? [] : playsIn(recent.body))
    if (cutOffs.has(userId) && gone.ids.has(eventId)) found.push(`recent play ${eventId} of ${userId}`);
  return [
    ...found,
    ...(await namedInArchive(archive, cutOffs)),
    ...(await keptRejects(stores, archive, gone)),
  ];
}

const playsIn = (body: string) => decodeRecent(body).plays.map(({ play }) => play);

/** Records that lie wholly before a cut-off and name its listener. */
async function namedInArchive(archive: Archive, cutOffs: CutOffs): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { shard, sequenceNumber, partitionKey, data } of readArchive(archive)) {
    for (const [userId, cutOff] of cutOffs) {
      if (BigInt(sequenceNumber) >= (cutOff.get(shard)?.sequenceNumber ?? 0n)) continue;
      if (partitionKey === userId || textOf(data).includes(JSON.stringify(userId)))
        found.push(`archived record ${shard} ${sequenceNumber} names ${userId}`);
    }
  }
  return found;
}

function textOf(data: Uint8Array): string {
  try {
    return Buffer.from(isGzip(data) ? gunzipSync(data) : data).toString("utf8");
  } catch {
    return ""; // broken gzip names nobody
  }
}

async function keptRejects(
  { rejects }: PipelineStores,
  archive: Archive,
  gone: Gone,
): Promise<readonly string[]> {
  const nameOf = (reject: Gone["rejects"][number]): string =>
    `${reject.shard} ${reject.sequenceNumber} ${reject.entry}`;
  const wanted = new Set(gone.rejects.map(nameOf));
  if (wanted.size === 0) return [];
  const found = new Set<string>();
  for (const { hour: day } of await archive.list()) {
    const page = await rejects.list({ day, limit: 100_000 });
    for (const reject of page.rejects) if (wanted.has(nameOf(reject))) found.add(`reject ${nameOf(reject)}`);
  }
  return [...found];
}
