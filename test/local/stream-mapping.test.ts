import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause, setImmediate } from "node:timers/promises";
import type { KinesisStreamEvent } from "aws-lambda";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  EventSourceMapping,
  type EventSourceMappingOptions,
  type MappingFailure,
} from "#local/stream/event-source-mapping.ts";
import { LocalStream, type LocalStreamOptions } from "#local/stream/play-stream.ts";

const DEADLINE = { timeout: 10_000, interval: 2 };
const NEVER_MS = 3_600_000;
let dir = "";
let opened: LocalStream[] = [];
let started: EventSourceMapping[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "earworm-mapping-"));
  opened = [];
  started = [];
});

afterEach(async () => {
  for (const mapping of started) await mapping.stop();
  for (const stream of opened) stream.close();
  rmSync(dir, { recursive: true });
});

function openStream(options: Partial<LocalStreamOptions> = {}): LocalStream {
  const defaults = { dir, name: "plays", shardCount: 1, retentionMs: 0, fsync: false, now: Date.now };
  const stream = LocalStream.open({ ...defaults, ...options });
  opened.push(stream);
  return stream;
}

function startMapping(
  stream: LocalStream,
  handler: EventSourceMappingOptions["handler"],
  options: Partial<EventSourceMappingOptions> = {},
): EventSourceMapping {
  const mapping = new EventSourceMapping({ stream, handler, now: Date.now, maxBackoffMs: 1, ...options });
  started.push(mapping);
  mapping.start();
  return mapping;
}

const record = (text: string, partitionKey = "u1") => ({ partitionKey, data: Buffer.from(text) });

const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => record(String(from + i)));

const names = (count: number, from = 0) => Array.from({ length: count }, (_, i) => String(from + i));

const textsOf = (event: KinesisStreamEvent) =>
  event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString());

/** A handler that keeps what it got, and refuses batches with a poisonous record. */
function recorder(isPoison: (text: string) => boolean = () => false) {
  const attempts: string[][] = [];
  const handled: string[] = [];
  const handler = (event: KinesisStreamEvent): Promise<void> => {
    const texts = textsOf(event);
    attempts.push(texts);
    if (texts.some(isPoison)) return Promise.reject(new Error("poison"));
    handled.push(...texts);
    return Promise.resolve();
  };
  return { attempts, handled, handler };
}

describe("delivery", () => {
  test("a handler gets the event Lambda would get", async () => {
    const stream = openStream({ now: () => 1_790_000_000_123 });
    const events: KinesisStreamEvent[] = [];
    const [put] = stream.put([record("hello", "kéy")]);

    const mapping = startMapping(stream, (event) => Promise.resolve(events.push(event)));
    await mapping.drained();

    expect(events).toEqual([
      {
        Records: [
          {
            kinesis: {
              kinesisSchemaVersion: "1.0",
              partitionKey: "kéy",
              sequenceNumber: put?.sequenceNumber,
              data: "aGVsbG8=",
              approximateArrivalTimestamp: 1_790_000_000.123,
            },
            eventSource: "aws:kinesis",
            eventVersion: "1.0",
            eventID: `shardId-000000000000:${put?.sequenceNumber}`,
            eventName: "aws:kinesis:record",
            invokeIdentityArn: expect.stringMatching(/^arn:aws:iam::/),
            awsRegion: "us-east-1",
            eventSourceARN: "arn:aws:kinesis:us-east-1:000000000000:stream/plays",
          },
        ],
      },
    ]);
  });

  test("records that arrive later are delivered without polling", async () => {
    const stream = openStream();
    const { handled, handler } = recorder();
    const mapping = startMapping(stream, handler);

    for (let i = 0; i < 20; i += 1) {
      stream.put(numbered(3, 3 * i));
      await setImmediate();
    }
    await mapping.drained();

    expect(handled).toEqual(names(60));
  });

  test("a batch has at most batchSize records", async () => {
    const stream = openStream();
    const { attempts, handler } = recorder();
    stream.put(numbered(25));

    const mapping = startMapping(stream, handler, { batchSize: 10 });
    await mapping.drained();

    expect(attempts.map(({ length }) => length)).toEqual([10, 10, 5]);
  });

  test("an event is as long as allowed, and a record that is longer comes alone", async () => {
    const stream = openStream();
    const lengths: number[] = [];
    const counts: number[] = [];
    stream.put([...numbered(40), record("x".repeat(50_000)), ...numbered(3)]);
    const handler = (event: KinesisStreamEvent) => {
      lengths.push(JSON.stringify(event).length);
      return Promise.resolve(counts.push(event.Records.length));
    };

    const mapping = startMapping(stream, handler, { maxPayloadBytes: 10_000 });
    await mapping.drained();

    expect(counts.reduce((a, b) => a + b)).toBe(44);
    expect(lengths.filter((length) => length > 10_000)).toHaveLength(1);
    expect(counts[lengths.findIndex((length) => length > 10_000)]).toBe(1);
    expect(lengths[0]).toBeGreaterThan(9_000);
  });

  test("each shard is delivered in order, one batch at a time, and shards do not wait for each other", async () => {
    const stream = openStream({ shardCount: 3 });
    const running = new Map<string, number>();
    const seen = new Map<string, string[]>();
    let most = 0;
    const handler = async (event: KinesisStreamEvent) => {
      const [shardId = ""] = event.Records[0]?.eventID.split(":") ?? [];
      running.set(shardId, (running.get(shardId) ?? 0) + 1);
      expect(running.get(shardId)).toBe(1);
      most = Math.max(most, [...running.values()].filter((count) => count > 0).length);
      await setImmediate();
      seen.set(shardId, [
        ...(seen.get(shardId) ?? []),
        ...event.Records.map((r) => r.kinesis.sequenceNumber),
      ]);
      running.set(shardId, 0);
    };
    const results = stream.put(Array.from({ length: 200 }, (_, i) => record(String(i), `u${i}`)));

    const mapping = startMapping(stream, handler, { batchSize: 7 });
    await mapping.drained();

    for (const id of stream.shardIds) {
      const put = results.filter(({ shardId }) => shardId === id).map((result) => result.sequenceNumber);
      expect(seen.get(id)).toEqual(put);
    }
    expect(most).toBe(3);
  });

  test("a batch window gathers records into one batch", async () => {
    const stream = openStream();
    const { attempts, handler } = recorder();
    const mapping = startMapping(stream, handler, { batchWindowMs: NEVER_MS, batchSize: 30 });

    for (let i = 0; i < 3; i += 1) {
      stream.put(numbered(10, 10 * i));
      await setImmediate();
    }
    await mapping.drained();

    expect(attempts).toEqual([names(30)]);
  });

  test("what a full batch had no room for does not wait for the batch window", async () => {
    const stream = openStream();
    const { attempts, handler } = recorder();
    const sizes = { batchSize: 10, maxPayloadBytes: 2048 };
    startMapping(stream, handler, { ...sizes, batchWindowMs: NEVER_MS });

    stream.put(numbered(10));
    await vi.waitFor(() => expect(attempts.flat()).toEqual(names(10)), DEADLINE);

    expect(attempts.length).toBeGreaterThan(2);
    expect(attempts.every(({ length }) => length < 10)).toBe(true);
  });

  test("a batch window that ends delivers what there is", async () => {
    const stream = openStream();
    const { attempts, handler } = recorder();
    const mapping = startMapping(stream, handler, { batchWindowMs: 20 });

    stream.put(numbered(2));
    await mapping.drained();

    expect(attempts).toEqual([names(2)]);
  });
});

describe("rest", () => {
  /** Takes 50 ms, after which the rest is 950 ms, or what is allowed. */
  function slowRecorder() {
    const { attempts, handled, handler } = recorder();
    const slow = async (event: KinesisStreamEvent): Promise<void> => {
      await pause(50);
      await handler(event);
    };
    return { attempts, handled, slow };
  }

  test("what comes soon after a batch grows into one, and the first record does not wait", async () => {
    const stream = openStream();
    const { attempts, slow } = slowRecorder();
    startMapping(stream, slow, { maxRestMs: NEVER_MS });
    const startedAt = performance.now();
    stream.put(numbered(1));
    await vi.waitFor(() => expect(attempts).toHaveLength(1), DEADLINE);

    for (let i = 1; i < 10; i += 1) {
      stream.put(numbered(1, i));
      await setImmediate();
    }
    await vi.waitFor(() => expect(attempts.flat()).toHaveLength(10), DEADLINE);

    expect(attempts).toEqual([names(1), names(9, 1)]);
    expect(performance.now() - startedAt).toBeGreaterThan(900);
  });

  test("the rest is no longer than is allowed", async () => {
    const stream = openStream();
    const { handled, handler } = recorder();
    const slow = async (event: KinesisStreamEvent): Promise<void> => {
      await pause(1000); // 19 s of rest without a bound
      await handler(event);
    };
    startMapping(stream, slow, { maxRestMs: 1 });

    stream.put(numbered(1));
    await vi.waitFor(() => expect(handled).toHaveLength(1), DEADLINE);
    const handledAt = performance.now();
    stream.put(numbered(1, 1));
    await vi.waitFor(() => expect(handled).toHaveLength(2), DEADLINE);

    expect(performance.now() - handledAt).toBeLessThan(10_000);
  });

  test("a full batch does not rest, nor does who is asked to hurry or to stop", async () => {
    const stream = openStream();
    const { attempts, handled, handler } = recorder();
    const slow = async (event: KinesisStreamEvent): Promise<void> => {
      await pause(1000); // 19 s of rest
      await handler(event);
    };
    const mapping = startMapping(stream, slow, { maxRestMs: NEVER_MS, batchSize: 2 });
    const startedAt = performance.now();

    stream.put(numbered(4));
    await vi.waitFor(() => expect(handled).toHaveLength(4), DEADLINE);
    stream.put(numbered(1, 4));
    await mapping.drained();
    stream.put(numbered(1, 5));
    await mapping.stop();

    expect(attempts.slice(0, 3)).toEqual([names(2), names(2, 2), names(1, 4)]);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  test("a failed batch comes again without a rest", async () => {
    const stream = openStream();
    let isDown = false;
    const { handled, handler } = recorder(() => isDown);
    const slow = async (event: KinesisStreamEvent): Promise<void> => {
      await pause(1000); // 19 s of rest
      await handler(event);
    };
    startMapping(stream, slow, { maxRestMs: NEVER_MS, batchSize: 1, onError: () => (isDown = false) });
    stream.put(numbered(1));
    await vi.waitFor(() => expect(handled).toHaveLength(1), DEADLINE);
    const startedAt = performance.now();

    isDown = true;
    stream.put(numbered(1, 1));
    await vi.waitFor(() => expect(handled).toHaveLength(2), DEADLINE);

    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

describe("failure", () => {
  test("a batch is tried again until it is handled, and nothing overtakes it", async () => {
    const stream = openStream();
    let failuresLeft = 12;
    const { handled, handler } = recorder(() => failuresLeft-- > 0);
    const failures: MappingFailure[] = [];
    stream.put(numbered(5));

    const mapping = startMapping(stream, handler, {
      bisect: false,
      onError: (_, failure) => failures.push(failure),
    });
    stream.put(numbered(5, 5));
    await mapping.drained();

    expect(handled).toEqual(names(10));
    expect(failures.length).toBeGreaterThan(1);
    expect(failures.map((failure) => "attempt" in failure && failure.attempt)).toEqual(
      failures.map((_, i) => i + 1),
    );
  });

  test("an error is reported with the batch it was about and the time to the next attempt", async () => {
    const stream = openStream();
    const failures: [unknown, MappingFailure][] = [];
    let isBroken = true;
    const [first, , last] = stream.put(numbered(3));

    const mapping = startMapping(stream, recorder(() => isBroken).handler, {
      maxBackoffMs: 150,
      onError: (error, failure) => {
        failures.push([error, failure]);
        isBroken = failures.length < 2;
      },
    });
    await mapping.drained();

    const expected = {
      kind: "batch",
      shardId: "shardId-000000000000",
      firstSequenceNumber: first?.sequenceNumber,
      lastSequenceNumber: last?.sequenceNumber,
      records: 3,
    };
    expect(failures).toEqual([
      [new Error("poison"), { ...expected, attempt: 1, retryInMs: 100 }],
      [new Error("poison"), { ...expected, attempt: 2, retryInMs: 150 }],
    ]);
  });

  test("a poisonous record is isolated by halving while all before it are handled once and none behind it", async () => {
    const stream = openStream();
    const { attempts, handled, handler } = recorder((text) => text === "37");
    stream.put(numbered(64));

    startMapping(stream, handler);
    await vi.waitUntil(() => attempts.filter(({ length }) => length === 1).length > 3, DEADLINE);

    expect(handled).toEqual(names(37));
    expect(attempts.slice(0, 4).map(({ length }) => length)).toEqual([64, 64, 32, 32]);
    expect(attempts.at(-1)).toEqual(["37"]);
  });

  test("after the poison is gone batches are of full size again", async () => {
    const stream = openStream();
    let isPoisonous = true;
    const { attempts, handled, handler } = recorder((text) => isPoisonous && text === "3");
    stream.put(numbered(8));
    const mapping = startMapping(stream, handler);
    await vi.waitUntil(() => attempts.filter((texts) => texts.join() === "3").length > 1, DEADLINE);

    isPoisonous = false;
    stream.put(numbered(100, 8));
    await mapping.drained();

    expect(handled).toEqual(names(108));
    expect(Math.max(...attempts.map(({ length }) => length))).toBeGreaterThanOrEqual(100);
  });

  test("without bisect the batch stays as it was", async () => {
    const stream = openStream();
    const { attempts, handler } = recorder((text) => text === "3");
    stream.put(numbered(8));

    startMapping(stream, handler, { bisect: false });
    await vi.waitUntil(() => attempts.length > 5, DEADLINE);

    expect(attempts.every((texts) => texts.join() === names(8).join())).toBe(true);
  });

  test("one shard that fails does not hold up the other", async () => {
    const stream = openStream({ shardCount: 2 });
    const [low, high] = stream.shardIds.map((id) => stream.hashKeyRange(id).startingHashKey);
    const { handled, handler } = recorder((text) => text === "bad");
    stream.put([{ ...record("bad"), explicitHashKey: low ?? "" }]);

    startMapping(stream, handler);
    stream.put([{ ...record("good"), explicitHashKey: high ?? "" }]);
    await vi.waitUntil(() => handled.length > 0, DEADLINE);

    expect(handled).toEqual(["good"]);
  });

  test("stopping does not wait for the next attempt", async () => {
    const stream = openStream();
    const { attempts, handler } = recorder(() => true);
    stream.put(numbered(1));
    const mapping = startMapping(stream, handler, { maxBackoffMs: NEVER_MS });
    await vi.waitUntil(() => attempts.length > 0, DEADLINE);

    await mapping.stop();

    expect(attempts.length).toBeLessThan(10);
  });
});

describe("checkpoints", () => {
  test("a mapping that stopped goes on where it was", async () => {
    const stream = openStream({ shardCount: 2 });
    const first = recorder();
    const before = startMapping(stream, first.handler);
    stream.put(numbered(10).map((r, i) => ({ ...r, partitionKey: `u${i}` })));
    await before.drained();
    await before.stop();
    stream.close();

    const second = recorder();
    const again = openStream({ shardCount: 2 });
    again.put([record("next")]);
    const after = startMapping(again, second.handler);
    await after.drained();

    expect([...first.handled].sort()).toEqual(names(10));
    expect(second.handled).toEqual(["next"]);
  });

  test("after a crash what was handled since the last written checkpoint comes again, in order", async () => {
    const stream = openStream();
    const first = recorder();
    const before = startMapping(stream, first.handler, { checkpointIntervalMs: NEVER_MS, batchSize: 2 });
    stream.put(numbered(4));
    await before.drained();
    stream.put(numbered(4, 4));
    await vi.waitUntil(() => first.handled.length === 8, DEADLINE);
    const image = mkdtempSync(join(dir, "crash-"));
    for (const name of ["stream.json", "checkpoints.json", "shardId-000000000000"]) {
      cpSync(join(dir, name), join(image, name), { recursive: true });
    }

    const second = recorder();
    const after = startMapping(openStream({ dir: image }), second.handler);
    await after.drained();

    expect(first.handled).toEqual(names(8));
    expect(second.handled).toEqual(names(4, 4));
  });

  test("checkpoints are written while records flow, without stopping or draining", async () => {
    const stream = openStream();
    startMapping(stream, recorder().handler, { checkpointIntervalMs: 1 });

    const [put] = stream.put(numbered(1));

    const file = join(dir, "checkpoints.json");
    await vi.waitUntil(() => existsSync(file), DEADLINE);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ "shardId-000000000000": put?.sequenceNumber });
  });

  test("stopping waits for the running handler and keeps its checkpoint", async () => {
    const stream = openStream();
    const { promise, resolve } = Promise.withResolvers<void>();
    let isRunning = false;
    const mapping = startMapping(stream, () => {
      isRunning = true;
      return promise;
    });
    const [put] = stream.put(numbered(1));
    await vi.waitUntil(() => isRunning, DEADLINE);

    let isStopped = false;
    const stopping = mapping.stop().then(() => {
      isStopped = true;
    });
    await setImmediate();
    const wasStoppedEarly = isStopped;
    resolve();
    await stopping;

    expect(wasStoppedEarly).toBe(false);
    const checkpoints = JSON.parse(readFileSync(join(dir, "checkpoints.json"), "utf8"));
    expect(checkpoints).toEqual({ "shardId-000000000000": put?.sequenceNumber });
  });

  test("files are deleted once they are checkpointed and older than the retention", async () => {
    const stream = openStream({ maxFileBytes: 100 });
    const mapping = startMapping(stream, recorder().handler);

    for (let i = 0; i < 10; i += 1) stream.put(numbered(5, 5 * i));
    await vi.waitUntil(async () => {
      await mapping.drained();
      return !existsSync(join(dir, "shardId-000000000000", "0000000000000001.log"));
    }, DEADLINE);

    const limits = { maxRecords: 100, maxBytes: 100_000 };
    expect(stream.read("shardId-000000000000", "TRIM_HORIZON", limits).length).toBeLessThan(50);
  });

  test("a checkpoint file that is damaged or foreign is refused at the start, naming the file", () => {
    const stream = openStream();
    const mapping = () => startMapping(stream, recorder().handler);
    const file = join(dir, "checkpoints.json");

    writeFileSync(file, "{");
    expect(mapping).toThrow(`checkpoint file ${file} is not JSON`);

    writeFileSync(file, '{"shardId-000000000000":"17"}');
    expect(mapping).toThrow(`checkpoint 17 in ${file} is not a sequence number`);
  });

  test("checkpoints that cannot be written are reported and written as soon as it works", async () => {
    const stream = openStream();
    const failures: MappingFailure[] = [];
    const blocked = join(dir, "checkpoints.json.tmp");
    cpSync(join(dir, "shardId-000000000000"), blocked, { recursive: true });
    const mapping = startMapping(stream, recorder().handler, {
      checkpointIntervalMs: 1,
      onError: (_, failure) => failures.push(failure),
    });
    stream.put(numbered(1));
    const drained = mapping.drained();
    await vi.waitUntil(() => failures.length > 1, DEADLINE);

    rmSync(blocked, { recursive: true });
    await drained;

    expect(failures[0]).toEqual({ kind: "checkpoint", file: join(dir, "checkpoints.json") });
    expect(existsSync(join(dir, "checkpoints.json"))).toBe(true);
  });
});

describe("drained and lag", () => {
  test("an empty stream is drained", async () => {
    const mapping = startMapping(openStream({ shardCount: 3 }), recorder().handler);

    await mapping.drained();

    expect(mapping.lag()).toEqual({ records: 0, ms: 0 });
  });

  test("drained waits for what was in the stream at the call, not for what comes later", async () => {
    const stream = openStream();
    const { handled, handler } = recorder((text) => text === "late");
    const mapping = startMapping(stream, handler);

    stream.put(numbered(5));
    const drained = mapping.drained();
    await vi.waitUntil(() => handled.length === 5, DEADLINE);
    stream.put([record("late")]);
    await drained;

    expect(handled).toEqual(names(5));
  });

  test("who waits for a mapping that stops is told so", async () => {
    const stream = openStream();
    stream.put(numbered(1));
    const mapping = startMapping(stream, recorder(() => true).handler);
    const drained = mapping.drained();
    const told = expect(drained).rejects.toThrow("mapping of stream plays stopped before it drained");

    await mapping.stop();

    await told;
    await expect(mapping.drained()).rejects.toThrow("mapping of stream plays is stopped");
  });

  test("lag counts what is not handled and how long it has been waiting", async () => {
    let nowMs = 1_000_000;
    const now = () => nowMs;
    const stream = openStream({ shardCount: 2, now });
    const hashKeys = stream.shardIds.map((id) => stream.hashKeyRange(id).startingHashKey);
    let isBroken = true;
    const mapping = startMapping(stream, recorder(() => isBroken).handler, { now });

    for (const explicitHashKey of hashKeys) {
      stream.put(numbered(2).map((r) => ({ ...r, explicitHashKey })));
      nowMs += 100;
    }
    const behind = mapping.lag();
    isBroken = false;
    await mapping.drained();

    expect(behind).toEqual({ records: 4, ms: 200 });
    expect(mapping.lag()).toEqual({ records: 0, ms: 0 });
  });
});
