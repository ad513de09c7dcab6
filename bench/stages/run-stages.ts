/** A process of `main.ts`: runs one regime through the stages of a checkout, and tells what CPU time each took. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import type { KinesisStreamEvent } from "aws-lambda";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { type Checkout, importCheckout } from "./checkout.ts";
import { type EpochPlan, type RegimeName, regimes } from "./regimes.ts";

/** As many as a busy producer's gzip record holds, and a segment. */
const playsPerRecord = 4500;
const retentionMs = 7 * 86_400_000;

export interface StageTimes {
  /** CPU time by stage, user and system, ms. */
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly plays: number;
  /** Of all charts as they are at the end: equal figures have an equal one. */
  readonly digest: string;
  /** MB. */
  readonly peakRss: number;
}

class Run {
  readonly #code: Checkout;
  readonly #dir: string;
  readonly #stores: ReturnType<Checkout["openStores"]>;
  readonly #simulator: ReturnType<Checkout["createSimulator"]>;
  readonly #handlers: readonly (readonly [string, (epoch: EpochNumber) => Promise<unknown>])[];
  readonly #plan: () => Promise<{ readonly kind: string }>;
  readonly #consumer: ReturnType<Checkout["createConsumeHandler"]>;
  #records = 0;
  #now = 0 as EpochMs;
  cpuMs: Record<string, number> = {};

  constructor(code: Checkout, dir: string, name: RegimeName) {
    this.#code = code;
    this.#dir = dir;
    this.#stores = code.openStores(dir, { survives: "process-kill" });
    this.#simulator = code.createSimulator({ seed: 1, ...regimes[name] });
    const deps = {
      ...this.#stores,
      clock: () => this.#now,
      logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: console.error },
      metrics: { record: () => undefined },
    };
    this.#consumer = code.createConsumeHandler({
      ...deps,
      lineage: { ancestors: () => Promise.resolve([]) },
      codec: code.nodeRecordCodec,
      decodeBase64: (text) => Buffer.from(text, "base64"),
      dedupeHorizonMs: 60_000,
      segmentRetentionMs: retentionMs,
    });
    const execution = "run";
    const plan = code.createPlanHandler({
      ...deps,
      createStoreId: () => "store",
      maxEpochPlays: 1_000_000,
      playsPerWorker: 1_000_000,
      maxWorkers: 1,
      maxWorkerPlays: 1_000_000,
      profileTickMs: 0,
      maxProfilePlays: 1_000_000,
      leaseMs: 300_000,
      tickSeconds: 0,
    });
    const startedAt = () => new Date(this.#now).toISOString();
    this.#plan = () => plan({ execution, startedAt: startedAt() });
    const reduce = code.createReduceHandler({ ...deps, topsEveryMs: 5_000 });
    const userBehavior = code.createUserBehaviorHandler(deps);
    const recommendation = code.createRecommendationHandler(deps);
    const commit = code.createCommitHandler(deps);
    this.#handlers = [
      ["reduce", (epoch) => reduce({ epoch })],
      ["user-behavior", (epoch) => userBehavior({ epoch })],
      ["recommendation", (epoch) => recommendation({ epoch })],
      ["commit", (epoch) => commit({ execution, startedAt: startedAt(), epoch, figures: {} })],
    ];
  }

  /** Consumes an epoch's plays, and then runs the stages on them. */
  async epoch(plan: EpochPlan): Promise<void> {
    await this.#consume(plan);
    await this.#measure("plan", () => this.#plan());
    const latest = await this.#stores.epochs.latest();
    if (latest?.status !== "open") throw new Error("nothing was planned");
    for (const [name, stage] of this.#handlers) await this.#measure(name, () => stage(latest.epoch));
  }

  /** A digest of what every chart holds: how it is encoded may differ between checkouts. */
  digest(): string {
    const hash = createHash("sha256");
    const rows = chartRows(this.#dir);
    for (const { key, body } of rows) hash.update(`${key} ${textOf(this.#code.decodeChart(body))}\n`);
    return hash.digest("hex").slice(0, 16);
  }

  close(): void {
    this.#stores.close();
  }

  /** As many plays a batch as a busy shard's have. */
  async #consume({ plays, from, rate }: EpochPlan): Promise<void> {
    let lines: string[] = [];
    const put = async () => {
      this.#records += 1;
      await this.#consumer(batchOf(lines.join("\n"), this.#records, this.#now));
      lines = [];
    };
    for (const play of this.#code.simulatePlays(this.#simulator, { from, count: plays, rate })) {
      this.#now = play.startedAt;
      if (lines.push(encodePlay(play)) === playsPerRecord) await put();
    }
    if (lines.length > 0) await put();
  }

  async #measure(name: string, work: () => Promise<unknown>): Promise<void> {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    this.cpuMs[name] = (this.cpuMs[name] ?? 0) + (user + system) / 1000;
  }
}

/** One gzip record, as a consumer gets it. */
function batchOf(text: string, number: number, arrivedAt: EpochMs): KinesisStreamEvent {
  const kinesis = {
    approximateArrivalTimestamp: arrivedAt / 1000,
    data: gzipSync(text, { level: 1 }).toString("base64"),
    kinesisSchemaVersion: "1.0",
    partitionKey: "p",
    sequenceNumber: String(number),
  };
  const record = {
    awsRegion: "us-east-1",
    eventID: `shardId-000000000000:${number}`,
    eventName: "aws:kinesis:record",
    eventSource: "aws:kinesis",
    eventSourceARN: "arn:aws:kinesis:us-east-1:000000000000:stream/plays",
    eventVersion: "1.0",
    invokeIdentityArn: "",
    kinesis,
  };
  return { Records: [record] };
}

const textOf = (chart: unknown): string =>
  JSON.stringify(chart, (_, value) => (typeof value === "bigint" ? String(value) : value));

function chartRows(dir: string) {
  const db = new DatabaseSync(join(dir, "earworm.db"), { readOnly: true });
  try {
    return db
      .prepare("SELECT key, body FROM publications WHERE key LIKE 'CHART#%' ORDER BY key")
      .all() as unknown as readonly { readonly key: string; readonly body: string }[];
  } finally {
    db.close();
  }
}

const [root = ".", name = "second"] = process.argv.slice(2) as [string?, RegimeName?];
const dir = mkdtempSync(join(tmpdir(), "earworm-stages-"));
try {
  const { warm, measured } = regimes[name];
  const run = new Run(await importCheckout(root), dir, name);
  for (const plan of warm) await run.epoch(plan);
  run.cpuMs = {};
  for (const plan of measured) await run.epoch(plan);
  const plays = measured.reduce((sum, epoch) => sum + epoch.plays, 0);
  const times: StageTimes = {
    cpuMs: run.cpuMs,
    plays,
    digest: run.digest(),
    peakRss: process.resourceUsage().maxRSS / 1024,
  };
  console.log(JSON.stringify(times));
  run.close();
} finally {
  rmSync(dir, { recursive: true, force: true });
}
