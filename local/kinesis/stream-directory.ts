import { type LocalStream, streamArn } from "../stream/play-stream.ts";
import { ACCOUNT, constraintError, invalidArgument, resourceNotFound } from "./kinesis-error.ts";
import { type Fields, optionalString } from "./request-fields.ts";

const ARN_PATTERN = /^arn:aws[\w-]*:kinesis:[^:]+:\d{12}:stream\/(.+)$/;
const NAME_PATTERN = /^[a-zA-Z0-9_.-]{1,128}$/;

/** The streams a server knows, found the way requests name them. */
export class StreamDirectory {
  readonly #streams: ReadonlyMap<string, LocalStream>;

  constructor(streams: ReadonlyMap<string, LocalStream> | LocalStream) {
    this.#streams = streams instanceof Map ? streams : mapOf(streams as LocalStream);
  }

  /** In alphabetical order. */
  get names(): readonly string[] {
    return [...this.#streams.keys()].sort();
  }

  /** @throws KinesisError when there is no such stream */
  byName(name: string): LocalStream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw resourceNotFound(`Stream ${name} under account ${ACCOUNT} not found.`);
    return stream;
  }

  /** The stream of the request's StreamName or StreamARN; an ARN of any region and account will do. */
  ofRequest(fields: Fields): LocalStream {
    const name = requestedName(fields);
    if (name === undefined) throw invalidArgument("Either StreamName or StreamARN must be given.");
    return this.byName(name);
  }

  /** @throws KinesisError when the stream has no such shard */
  static shardOf(stream: LocalStream, shardId: string): string {
    if (stream.shardIds.includes(shardId)) return shardId;
    const where = `stream ${stream.name} under account ${ACCOUNT}`;
    throw resourceNotFound(`Could not find shard ${shardId} in ${where}.`);
  }
}

/** The stream's ARN. */
export function arnOf(stream: LocalStream): string {
  return streamArn(stream.name);
}

/** The name in StreamName or StreamARN, if one of them is there. */
export function requestedName(fields: Fields): string | undefined {
  const name = optionalString(fields, "StreamName");
  if (name !== undefined && !NAME_PATTERN.test(name)) {
    const constraint = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]{1,128}";
    throw constraintError(name, "streamName", constraint);
  }
  const arn = optionalString(fields, "StreamARN");
  if (arn === undefined) return name;
  const named = ARN_PATTERN.exec(arn)?.[1];
  if (named === undefined)
    throw constraintError(arn, "streamARN", `Member must satisfy ${ARN_PATTERN.source}`);
  if (name !== undefined && name !== named) {
    throw invalidArgument(`StreamName ${name} and StreamARN ${arn} name different streams.`);
  }
  return named;
}

function mapOf(stream: LocalStream): ReadonlyMap<string, LocalStream> {
  return new Map([[stream.name, stream]]);
}
