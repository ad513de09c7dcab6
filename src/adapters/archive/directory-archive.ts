import {
  closeSync,
  constants,
  createReadStream,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type ArchivedRecord, type ArchiveObject, type ArchiveRange, isBefore } from "#src/domain/archive.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { hourMs } from "#src/domain/windows.ts";
import type { Archive } from "#src/ports/archive.ts";
import {
  decodeArchiveFile,
  encodeArchiveFile,
  memberHeaderBytes,
  memberLengthOf,
} from "#src/wire/archive-file.ts";
import { archivePath, hourOf, isInRange, parseArchivePath } from "#src/wire/archive-path.ts";
import { nodeArchiveZip as zip } from "./node-archive-zip.ts";

/** The folders above a file: year, month, day, hour, stream, shard. */
const depth = 6;
const chunkBytes = 1024 * 1024;

const synced = promisify(fsync);
const dataSynced = promisify(fdatasync);

/** The file that a shard's records are appended to. */
interface OpenFile extends ArchiveObject {
  /** Bytes of whole members; undefined where nobody has looked since it failed or was found. */
  size: number | undefined;
}

/**
 * An archive in a directory: one file for each hour and shard, to which every write appends. What `write` acknowledged is on
 * the disk. A last member of a shard's newest file that was cut off, by a full disk or the end of the process, is not read, and
 * goes with the next write; in an earlier file it is damage. Files whose path is none of an archive's are left alone and not
 * looked at. One process at a time may write.
 */
export class DirectoryArchive implements Archive {
  readonly #dir: string;
  /** Each shard's file with the highest sequence numbers, as of the last listing. */
  #listedNewest: ReadonlyMap<ShardKey, ArchiveObject> = new Map();
  /** The same, of the files that this process writes to. */
  #newest: Map<ShardKey, OpenFile> | undefined;
  /** One change at a time. */
  #changes: Promise<unknown> = Promise.resolve();

  constructor(dir: string) {
    this.#dir = dir;
  }

  async write(records: readonly ArchivedRecord[]): Promise<void> {
    const [first] = records;
    if (first === undefined) return;
    const bytes = await encodeArchiveFile(records, zip);
    await this.#change(async () => {
      const file = await this.#fileFor(first);
      await telling(join(this.#dir, file.path), () => append(this.#dir, file, bytes));
    });
  }

  /** Throws `StoreError` where there is no directory. */
  async list(range: ArchiveRange = {}): Promise<readonly ArchiveObject[]> {
    const objects: ArchiveObject[] = [];
    const newest = new Map<ShardKey, ArchiveObject>();
    for await (const path of pathsBelow(this.#dir, "", depth)) {
      const object = parseArchivePath(path);
      if (object === undefined) continue;
      const known = newest.get(object.shard);
      if (known === undefined || isBefore(known.first, object.first)) newest.set(object.shard, object);
      if (isInRange(object.hour, range)) objects.push(object);
    }
    this.#listedNewest = newest;
    return objects;
  }

  /** Throws `StoreError` where the file is damaged, or cut off while there is a later one of its shard. */
  async *read({ path, shard }: ArchiveObject): AsyncIterableIterator<ArchivedRecord> {
    const file = join(this.#dir, path);
    // Asked before the file is opened: whoever writes a later one has written all of this one by then.
    const mayBeCutOff = (this.#listedNewest.get(shard)?.path ?? path) === path;
    const chunks = createReadStream(file, { highWaterMark: chunkBytes });
    try {
      yield* decodeArchiveFile(chunks, zip, mayBeCutOff ? "skip" : "refuse");
    } catch (cause) {
      throw failure(file, cause);
    }
  }

  /** Readers find either the old or the new records, also after a power cut. */
  async rewrite({ path, shard }: ArchiveObject, records: readonly ArchivedRecord[]): Promise<void> {
    const bytes = await encodeArchiveFile(records, zip);
    const file = join(this.#dir, path);
    await this.#change(() =>
      telling(file, async () => {
        await replace(file, bytes);
        const newest = this.#newest?.get(shard);
        if (newest?.path === path) newest.size = bytes.length;
      }),
    );
  }

  /** Deletes the files of hours that ended by then (epoch ms). */
  async deleteBefore(time: EpochMs): Promise<void> {
    await this.#change(async () => {
      for (const { path, hour, shard } of await this.list()) {
        if (hour + hourMs > time) continue;
        await telling(join(this.#dir, path), () => removeFile(this.#dir, path));
        if (this.#newest?.get(shard)?.path === path) this.#newest.delete(shard);
      }
    });
  }

  #change(change: () => Promise<void>): Promise<void> {
    const changed = this.#changes.then(change);
    this.#changes = changed.catch(() => undefined);
    return changed;
  }

  /**
   * Where to append records that begin with this one. A file holds what lies between its first record and the next file's
   * first, so only the newest is continued.
   */
  async #fileFor({ shard, sequenceNumber, arrivedAt }: ArchivedRecord): Promise<OpenFile> {
    this.#newest ??= await this.#findNewest();
    const newest = this.#newest.get(shard);
    const hour = hourOf(arrivedAt);
    const isAhead = newest === undefined || isBefore(newest.first, sequenceNumber);
    if (newest?.hour === hour && (isAhead || newest.first === sequenceNumber)) return newest;
    const object = { shard, hour, first: sequenceNumber };
    const file: OpenFile = { ...object, path: archivePath(object), size: undefined };
    if (isAhead) this.#newest.set(shard, file);
    return file;
  }

  async #findNewest(): Promise<Map<ShardKey, OpenFile>> {
    await telling(this.#dir, () => mkdir(this.#dir, { recursive: true }));
    await this.list();
    return new Map([...this.#listedNewest].map(([shard, object]) => [shard, { ...object, size: undefined }]));
  }
}

/** Paths of files so many folders below, from the archive's directory on. */
async function* pathsBelow(dir: string, path: string, folders: number): AsyncIterable<string> {
  const here = join(dir, path);
  const entries = await telling(here, () => readdir(here, { withFileTypes: true }));
  for (const entry of entries) {
    const below = path === "" ? entry.name : `${path}/${entry.name}`;
    if (folders === 0) yield below;
    else if (!entry.isFile()) yield* pathsBelow(dir, below, folders - 1);
  }
}

/**
 * Appends in one write, behind the last whole member. Where it fails the file stays as it was. Only the disk is waited for: each call
 * that is waited for costs a turn of the event loop, which is long where stages keep it busy.
 */
async function append(dir: string, file: OpenFile, bytes: Uint8Array): Promise<void> {
  const path = join(dir, file.path);
  const known = file.size;
  file.size = undefined;
  if (known === undefined) await mkdir(dirname(path), { recursive: true });
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o666);
  try {
    const { size } = fstatSync(fd);
    const end = size === known ? size : endOfMembers(fd, size);
    if (end < size) ftruncateSync(fd, end);
    await appendAt(fd, end, bytes);
    if (end === 0) await syncFolders(dir, file.path);
    file.size = end + bytes.length;
  } finally {
    closeSync(fd);
  }
}

async function appendAt(fd: number, end: number, bytes: Uint8Array): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; )
      done += writeSync(fd, bytes, done, bytes.length - done, end + done);
    await dataSynced(fd);
  } catch (error) {
    cutAt(fd, end);
    throw error;
  }
}

function cutAt(fd: number, end: number): void {
  try {
    ftruncateSync(fd, end);
  } catch {
    // What stays is cut off before the next write.
  }
}

/**
 * Where the last whole member ends.
 *
 * @throws CorruptStoreError where something else than members and the beginning of one is in the file
 */
function endOfMembers(fd: number, size: number): number {
  const header = Buffer.alloc(memberHeaderBytes);
  for (let end = 0; end < size; ) {
    const bytesRead = readSync(fd, header, 0, memberHeaderBytes, end);
    const length = lengthAt(end, header.subarray(0, bytesRead));
    if (length === undefined || end + length > size) return end;
    end += length;
  }
  return size;
}

function lengthAt(offset: number, header: Uint8Array): number | undefined {
  try {
    return memberLengthOf(header, zip);
  } catch (cause) {
    throw new StoreError(`${reasonOf(cause)}, at byte ${offset}`, { cause });
  }
}

async function replace(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, "w");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncFolder(dirname(file));
}

/** Makes a new file's name survive a power cut, and those of the folders made for it. */
async function syncFolders(dir: string, path: string): Promise<void> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    await syncFolder(join(dir, folder));
    if (folder === ".") return;
  }
}

async function syncFolder(path: string): Promise<void> {
  const fd = openSync(path, "r");
  try {
    await synced(fd);
  } finally {
    closeSync(fd);
  }
}

/** And the folders that are empty then. */
async function removeFile(dir: string, path: string): Promise<void> {
  await rm(join(dir, path), { force: true });
  for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
    try {
      await rmdir(join(dir, folder));
    } catch {
      return; // something else is in it
    }
  }
}

async function telling<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof StoreError && cause.message.includes(path) ? cause : failure(path, cause);
  }
}

const failure = (path: string, cause: unknown): StoreError =>
  new StoreError(`archive ${path}: ${reasonOf(cause)}`, { cause });

/** What the system says names the path once more, and its call, which no reader of one line needs. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return "syscall" in cause ? cause.message.replace(/, \w+(?: '.*')?$/s, "") : cause.message;
}
