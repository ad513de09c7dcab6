import type { EpochMs } from "#src/domain/play.ts";
import type { Clock } from "#src/ports/clock.ts";
import { type CsvHeader, readCsvHeader } from "#src/wire/csv-dialect.ts";
import type { Rejection } from "#src/wire/play-codec.ts";
import { ByteSource } from "./byte-source.ts";
import { CliError } from "./cli-error.ts";
import { CsvByteRows } from "./csv-byte-rows.ts";
import { CsvRecords } from "./csv-records.ts";
import { JsonByteRows } from "./json-byte-rows.ts";
import { type JsonElement, JsonElements } from "./json-elements.ts";
import { PlayFileDecoder, type PlayFileEntry } from "./play-file-decoder.ts";
import { type ByteRows, notTaken, type RowSink } from "./row-sink.ts";
import { type ByteLines, byteLines, decodeLine } from "./text-lines.ts";

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
/** Goes on whenever some bytes were read. */
type Reading = AsyncGenerator<void>;

/** What takes the plays of a file, in their order. */
export interface PlayFileSink {
  entry(entry: PlayFileEntry): void;
  /** Takes rows of CSV and lines of JSON that need not become plays first. @default they do */
  readonly rows?: RowSink;
}

/** What the readers of formats need beside the bytes. */
interface Reader {
  readonly source: ByteSource;
  readonly decoder: PlayFileDecoder;
  readonly clock: Clock;
  /** Where plays may go without becoming plays first. */
  readonly rows: RowSink | undefined;
}

const lineFeed = 0x0a;
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
    start = Buffer.concat([start, next.value]);
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

/** Takes the line that starts there, and returns where the next one starts. */
type TakeLine = (line: number, block: Buffer, start: number) => number;

/** Hands all lines over, with their numbers from 1 on. */
async function* eachLine(
  blocks: AsyncIterable<ByteLines>,
  takeLine: TakeLine,
  reject: (line: number, rejection: Rejection) => void,
): AsyncGenerator<void, number> {
  let line = 1;
  for await (const block of blocks) {
    if (!Buffer.isBuffer(block)) reject(line++, block);
    else for (let start = 0; start <= block.length; line++) start = takeLine(line, block, start);
    yield;
  }
  return line;
}

async function* readCsv({ source, decoder, clock, rows }: Reader, chunks: AsyncIterable<Buffer>): Reading {
  let header: CsvHeader | undefined;
  let byteRows: ByteRows | undefined;
  const records = new CsvRecords((line, record) => {
    if (header === undefined) {
      const read = record.ok ? readCsvHeader(record.value) : record;
      if (!read.ok)
        throw new CliError(`${source.path}, line ${line}: ${read.error.field}: ${read.error.reason}`);
      header = read.value;
      byteRows = rows && new CsvByteRows(header, clock, decoder.identities, rows);
    } else if (record.ok) decoder.row(line, header, record.value);
    else decoder.reject(line, record.error);
  });
  const takeLine: TakeLine = (line, block, start) => {
    const next = records.isOpen ? notTaken : (byteRows?.take(block, start) ?? notTaken);
    if (next !== notTaken) return next;
    const end = endOfLine(block, start);
    records.push(line, decodeLine(block.subarray(start, end)));
    return end + 1;
  };
  const blocks = byteLines(chunks, () => source.failure);
  records.end(yield* eachLine(blocks, takeLine, (line, rejection) => records.push(line, rejection)));
  yield;
}

function endOfLine(block: Buffer, start: number): number {
  const found = block.indexOf(lineFeed, start);
  return found === -1 ? block.length : found;
}

async function* readLines({ source, decoder, clock, rows }: Reader, chunks: AsyncIterable<Buffer>): Reading {
  const byteRows = rows && new JsonByteRows(clock, rows);
  const takeLine: TakeLine = (line, block, start) => {
    const next = byteRows?.take(block, start) ?? notTaken;
    if (next !== notTaken) return next;
    const end = endOfLine(block, start);
    const text = decodeLine(block.subarray(start, end));
    if (typeof text !== "string") decoder.reject(line, text);
    else if (!blankLine.test(text)) decoder.json(line, text);
    return end + 1;
  };
  const blocks = byteLines(chunks, () => source.failure);
  yield* eachLine(blocks, takeLine, (line, rejection) => decoder.reject(line, rejection));
}

async function* readElements({ source, decoder }: Reader, chunks: AsyncIterable<Buffer>): Reading {
  const elements = new JsonElements();
  const decode = (found: readonly JsonElement[]): void => {
    for (const { line, text } of found) {
      if (typeof text === "string") decoder.json(line, text);
      else decoder.reject(line, text);
    }
  };
  for await (const chunk of chunks) {
    decode(elements.push(chunk));
    yield;
  }
  decode(elements.end(source.failure));
  yield;
}

const readers = { csv: readCsv, lines: readLines, elements: readElements };

/**
 * Reads plays from a file or, as `-`, from standard input: CSV, NDJSON of play.v1 or of stream events, a JSON array of
 * either, and all of them as gzip. Hands them to the sink, and goes on whenever some bytes were read; a line that is no play is a
 * rejection and stops nothing.
 *
 * @throws CliError where the file cannot be read at all, or is none of these
 */
export async function* feedPlayFile(path: string, options: PlayFileOptions, sink: PlayFileSink): Reading {
  const source = new ByteSource(path);
  const { arrivedAt, onBytes, asRecords = false } = options;
  const chunks = onBytes === undefined ? source.chunks() : telling(source.chunks(), onBytes);
  const clock = typeof arrivedAt === "number" ? () => arrivedAt : arrivedAt;
  const decoder = new PlayFileDecoder(clock, asRecords ? "same" : "own", (entry) => sink.entry(entry));
  try {
    const start = await readStart(chunks);
    const format = sniff(source, start);
    const read = readers[asRecords ? "lines" : format];
    for await (const _ of read({ source, decoder, clock, rows: sink.rows }, withStart(start, chunks))) {
      yield;
      options.onProgress?.(source.bytesRead, source.bytesTotal);
    }
    if (source.failure !== undefined) options.onBreak?.(breakOf(source.path, source.failure));
  } finally {
    decoder.close();
    await chunks.return(undefined);
  }
}

/** The same in batches of entries. */
export async function* readPlayFile(
  path: string,
  options: PlayFileOptions,
): AsyncGenerator<readonly PlayFileEntry[]> {
  let batch: PlayFileEntry[] = [];
  for await (const _ of feedPlayFile(path, options, { entry: (entry) => batch.push(entry) })) {
    if (batch.length > 0) yield batch;
    batch = [];
  }
}
