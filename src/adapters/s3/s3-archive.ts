import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { ArchivedRecord, ArchiveObject, ArchiveRange } from "#src/domain/archive.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { Archive } from "#src/ports/archive.ts";
import { type ArchiveZip, decodeArchiveFile, encodeArchiveFile } from "#src/wire/archive-file.ts";
import { archivePath, hourOf, hourPath, isInRange, parseArchivePath } from "#src/wire/archive-path.ts";

/** An archive in a bucket: one object for each write. Objects whose key is none of an archive's are not looked at. */
export class S3Archive implements Archive {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #zip: ArchiveZip;

  constructor(client: S3Client, bucket: string, zip: ArchiveZip) {
    this.#client = client;
    this.#bucket = bucket;
    this.#zip = zip;
  }

  /** Never replaces: an object of the same name holds the same records, or what an erasure left of them. */
  async write(records: readonly ArchivedRecord[]): Promise<void> {
    const [first] = records;
    if (first === undefined) return;
    const { shard, sequenceNumber, arrivedAt } = first;
    const object = { shard, hour: hourOf(arrivedAt), first: sequenceNumber };
    const path = archivePath(object, records.at(-1)?.sequenceNumber);
    await this.#put(path, records, { IfNoneMatch: "*" });
  }

  async list(range: ArchiveRange = {}): Promise<readonly ArchiveObject[]> {
    const objects: ArchiveObject[] = [];
    for await (const key of this.#keys(range)) {
      const object = parseArchivePath(key);
      if (object !== undefined && isInRange(object.hour, range)) objects.push(object);
    }
    return objects;
  }

  async *read({ path }: ArchiveObject): AsyncIterableIterator<ArchivedRecord> {
    const get = new GetObjectCommand({ Bucket: this.#bucket, Key: path });
    try {
      const { Body } = await this.#client.send(get);
      if (Body === undefined) throw new Error("an answer without a body");
      yield* decodeArchiveFile(Body as AsyncIterable<Uint8Array>, this.#zip, "refuse");
    } catch (cause) {
      throw this.#failure(path, cause);
    }
  }

  async rewrite({ path }: ArchiveObject, records: readonly ArchivedRecord[]): Promise<void> {
    await this.#put(path, records, {});
  }

  async #put(
    path: string,
    records: readonly ArchivedRecord[],
    condition: Pick<PutObjectCommandInput, "IfNoneMatch">,
  ): Promise<void> {
    const put = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: path,
      Body: await encodeArchiveFile(records, this.#zip),
      ContentType: "application/gzip",
      ...condition,
    });
    try {
      await this.#client.send(put);
    } catch (cause) {
      if (cause instanceof Error && cause.name === "PreconditionFailed") return;
      throw this.#failure(path, cause);
    }
  }

  /** Keys sort by hour, so that a range is read without what lies before and behind it. */
  async *#keys({ from, to }: ArchiveRange): AsyncIterable<string> {
    const start = from === undefined ? {} : { StartAfter: `${hourPath(hourOf(from))}/` };
    const end = to === undefined ? undefined : `${hourPath(to)}0`; // behind every key of the hour: "0" follows "/"
    let next: string | undefined;
    do {
      const list = { Bucket: this.#bucket, ...(next === undefined ? start : { ContinuationToken: next }) };
      const page = await this.#client.send(new ListObjectsV2Command(list)).catch((cause: unknown) => {
        throw this.#failure("", cause);
      });
      for (const { Key = "" } of page.Contents ?? []) {
        if (end !== undefined && Key > end) return;
        yield Key;
      }
      next = page.NextContinuationToken;
    } while (next !== undefined);
  }

  #failure(path: string, cause: unknown): StoreError {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    return new StoreError(`archive s3://${this.#bucket}/${path}: ${reason}`, { cause });
  }
}
