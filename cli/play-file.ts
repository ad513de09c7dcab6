import type { EpochMs } from "#src/domain/play.ts";
import type { Clock } from "#src/ports/clock.ts";
import { type CsvHeader, readCsvHeader } from "#src/wire/csv-dialect.ts";
import type { Rejection } from "#src/wire/play-codec.ts";
import { ByteSource } from "./byte-source.ts";
import { CliError } from "./cli-error.ts";
import { CsvRecords } from "./csv-records.ts";
import { type JsonElement, JsonElements } from "./json-elements.ts";
import { PlayFileDecoder, type PlayFileEntry } from "./play-file-decoder.ts";
import { textLines } from "./text-lines.ts";

export interface PlayFileOptions {
  /** When the plays count as arrived, which bounds `started_at`; a clock where they arrive as they are read. */
  readonly arrivedAt: EpochMs | Clock;
  /** Told after each batch; the total is undefined for a pipe. Bytes are those on the disk, compressed or not. */
  readonly onProgress?: (bytesRead: number, bytesTotal: number | undefined) => void;
  /** Told what is read, inflated. */
  readonly onBytes?: (bytes: Uint8Array) => void;
  /** Whether each line is what a record of the stream held: JSON whatever the name, and equal plays without an id are one. */
  readonly asRecords?: boolean;
  /** Told at the end that the file goes on where it could not be read, as gzip that is cut off. */
  readonly onBreak?: (error: CliError) => void;
}

type Format = "csv" | "lines" | "elements";
type Batches = AsyncGenerator<readonly PlayFileEntry[]>;

const sniffedBytes = 4096;
const blankLine = /^\s*$/;

/** Something, and a line end after it. */
const hasLine = /\S.*\n/;

const formatOfName: readonly (readonly [RegExp, Format])[] = [
  [/\.csv(\.gz)?$/i, "csv"],
  [/\.(ndjson|jsonl)(\.gz)?$/i, "lines"],
];

function assertText(path: string, start: Buffer): void {
  const mark = start.toString("latin1", 0, 2);
  if (mark === "\xff\xfe" || mark === "\xfe\xff") throw new CliError(`${path} is UTF-16; save it as UTF-8`);
  if (start.subarray(0, sniffedBytes).includes(0)) {
    throw new CliError(`${path} is no text: expected CSV, NDJSON or a JSON array`);
  }
}

function formatOf(path: string, start: string): Format {
  const named = formatOfName.find(([pattern]) => pattern.test(path));
  if (named !== undefined) return named[1];
  if (start.startsWith("[")) return "elements";
  if (!start.startsWith("{")) return "csv";
  // A value that goes on after its first line is no NDJSON.
  const [firstLine = "", secondLine] = start.split("\n", 2);
  return secondLine === undefined || firstLine.trimEnd().endsWith("}") ? "lines" : "elements";
}

function sniff(source: ByteSource, start: Buffer): Format {
  assertText(source.path, start);
  const text = start
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimStart();
  const isEmpty = text === "" && start.length < sniffedBytes && source.failure === undefined;
  if (isEmpty) throw new CliError(`${source.path} is empty`);
  return formatOf(source.path, text);
}

/** Puts chunks together until there is enough of them to tell the format: a line, of a pipe that is slow. */
async function readStart(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let start: Buffer = Buffer.alloc(0);
  while (start.length < sniffedBytes && !hasLine.test(start.toString("latin1"))) {
    const next = await chunks.next();
    if (next.done === true) break;
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  return start;
}

async function* telling(
  chunks: AsyncGenerator<Buffer>,
  onBytes: NonNullable<PlayFileOptions["onBytes"]>,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onBytes(chunk);
    yield chunk;
  }
}

async function* withStart(start: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hasMark = start.toString("latin1", 0, 3) === "\xef\xbb\xbf";
  yield hasMark ? start.subarray(3) : start;
  yield* rest;
}

const breakOf = (path: string, { reason }: Rejection): CliError =>
  new CliError(`${path} is not all there (${reason}): only what comes before that was taken`);

async function* readCsv(
  source: ByteSource,
  chunks: AsyncIterable<Buffer>,
  decoder: PlayFileDecoder,
): Batches {
  let header: CsvHeader | undefined;
  const records = new CsvRecords((line, record) => {
    if (header === undefined) {
      const read = record.ok ? readCsvHeader(record.value) : record;
      if (!read.ok)
        throw new CliError(`${source.path}, line ${line}: ${read.error.field}: ${read.error.reason}`);
      header = read.value;
    } else if (record.ok) decoder.row(line, header, record.value);
    else decoder.reject(line, record.error);
  });
  let line = 1;
  for await (const block of textLines(chunks, () => source.failure)) {
    for (const text of block.lines) {
      records.push(line, text);
      line += 1;
    }
    yield decoder.take();
  }
  records.end(line);
  yield decoder.take();
}

async function* readLines(
  source: ByteSource,
  chunks: AsyncIterable<Buffer>,
  decoder: PlayFileDecoder,
): Batches {
  for await (const { firstLine, lines } of textLines(chunks, () => source.failure)) {
    for (const [i, text] of lines.entries()) {
      if (typeof text !== "string") decoder.reject(firstLine + i, text);
      else if (!blankLine.test(text)) decoder.json(firstLine + i, text);
    }
    yield decoder.take();
  }
}

async function* readElements(
  source: ByteSource,
  chunks: AsyncIterable<Buffer>,
  decoder: PlayFileDecoder,
): Batches {
  const elements = new JsonElements();
  const decode = (found: readonly JsonElement[]): readonly PlayFileEntry[] => {
    for (const { line, text } of found) {
      if (typeof text === "string") decoder.json(line, text);
      else decoder.reject(line, text);
    }
    return decoder.take();
  };
  for await (const chunk of chunks) yield decode(elements.push(chunk));
  yield decode(elements.end(source.failure));
}

const readers = { csv: readCsv, lines: readLines, elements: readElements };

/**
 * Reads plays from a file or, as `-`, from standard input: CSV, NDJSON of play.v1 or of stream events, a JSON array of
 * either, and all of them as gzip. Yields batches of lines; a line that is no play is a rejection and stops nothing.
 *
 * @throws CliError where the file cannot be read at all, or is none of these
 */
export async function* readPlayFile(path: string, options: PlayFileOptions): Batches {
  const source = new ByteSource(path);
  const { arrivedAt, onBytes, asRecords = false } = options;
  const chunks = onBytes === undefined ? source.chunks() : telling(source.chunks(), onBytes);
  const clock = typeof arrivedAt === "number" ? () => arrivedAt : arrivedAt;
  try {
    const start = await readStart(chunks);
    const format = sniff(source, start);
    const decoder = new PlayFileDecoder(clock, asRecords ? "same" : "own");
    const read = readers[asRecords ? "lines" : format];
    for await (const batch of read(source, withStart(start, chunks), decoder)) {
      if (batch.length > 0) yield batch;
      options.onProgress?.(source.bytesRead, source.bytesTotal);
    }
    if (source.failure !== undefined) options.onBreak?.(breakOf(source.path, source.failure));
  } finally {
    await chunks.return(undefined);
  }
}
