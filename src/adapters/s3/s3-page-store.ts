import {
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { StoreError } from "#src/domain/errors.ts";
import type { PageFile, PageStore } from "#src/ports/page-store.ts";

/** A page in a bucket of its own: one object for each file, its key the path. */
export class S3PageStore implements PageStore {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put({ path, body, contentType, cacheControl }: PageFile): Promise<void> {
    const put = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: path,
      Body: body,
      ContentType: contentType,
      CacheControl: cacheControl,
    });
    await this.#client.send(put).catch((cause: unknown) => {
      throw this.#failure(path, cause);
    });
  }

  async clear(): Promise<void> {
    for (let keys = await this.#keys(); keys.length > 0; keys = await this.#keys()) await this.#delete(keys);
  }

  /** At most 1,000, as many as one request may delete. */
  async #keys(): Promise<readonly string[]> {
    const list = new ListObjectsV2Command({ Bucket: this.#bucket });
    const { Contents = [] } = await this.#client.send(list).catch((cause: unknown) => {
      throw this.#failure("", cause);
    });
    return Contents.flatMap(({ Key }) => Key ?? []);
  }

  async #delete(keys: readonly string[]): Promise<void> {
    const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
    const { Errors = [] } = await this.#client
      .send(new DeleteObjectsCommand({ Bucket: this.#bucket, Delete }))
      .catch((cause: unknown) => {
        throw this.#failure("", cause);
      });
    const [refused] = Errors;
    if (refused !== undefined) throw this.#failure(refused.Key ?? "", refused.Code);
  }

  #failure(path: string, cause: unknown): StoreError {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    return new StoreError(`page s3://${this.#bucket}/${path}: ${reason}`, { cause });
  }
}
