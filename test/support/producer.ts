import { setTimeout as pause } from "node:timers/promises";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { Random } from "#simulator/random.ts";
import type { DevProcess } from "./earworm-process.ts";
import { until } from "./until.ts";

/** plays/s, as far as the machine goes along. */
const rate = 2000;
const stepMs = 25;
/** In one request. */
const mostPlays = 300;
const requestTimeoutMs = 5000;
/** How long it may take until so many are acknowledged. */
const acknowledgedMs = 30_000;

interface Sent {
  readonly user: string;
  readonly json: string;
}

type Send = (plays: readonly Sent[]) => Promise<void>;

/** Throws where not every play was acknowledged; some may be in all the same. */
async function putAll(kinesis: KinesisClient, plays: readonly Sent[]): Promise<void> {
  const Records = plays.map(({ user, json }) => ({ PartitionKey: user, Data: Buffer.from(json) }));
  const abortSignal = AbortSignal.timeout(requestTimeoutMs);
  const answer = await kinesis.send(new PutRecordsCommand({ StreamName: "plays", Records }), { abortSignal });
  if (answer.FailedRecordCount !== 0) throw new Error(`${answer.FailedRecordCount} records were refused`);
}

async function postAll(url: string, plays: readonly Sent[]): Promise<void> {
  const answer = await fetch(`${url}/plays`, {
    method: "POST",
    body: plays.map(({ json }) => json).join("\n"),
    headers: { "content-type": "application/x-ndjson" },
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const { accepted } = (await answer.json()) as { accepted: number };
  if (answer.status !== 200 || accepted !== plays.length) throw new Error(`only ${accepted} were accepted`);
}

/**
 * Sends plays at a steady rate over two ways at once, and repeats what was not acknowledged, with the same event ids and the
 * same way, until it is: a listener's plays keep their partition key. After trouble it sends what was acknowledged before
 * once more, as if that answer had been lost.
 */
export class Producer {
  /** Every play that was ever sent, as JSON. */
  readonly sent: string[] = [];
  acknowledged = 0;
  /** Plays that were acknowledged twice. */
  repeated = 0;
  readonly #random: Random;
  readonly #lanes: readonly Promise<void>[];
  #target: { readonly url: string; readonly kinesis: KinesisClient };
  readonly #isRepeating = { k: false, h: false };
  #isEnding = false;
  #isAbandoned = false;

  constructor(target: DevProcess, randomSeed: number) {
    this.#random = new Random(randomSeed);
    this.#target = this.#open(target);
    this.#lanes = [
      this.#run(0.75 * rate, "k", (plays) => putAll(this.#target.kinesis, plays)),
      this.#run(0.25 * rate, "h", (plays) => postAll(this.#target.url, plays)),
    ];
  }

  /** Sends to another process from now on. */
  redirect(target: DevProcess): void {
    this.#target.kinesis.destroy();
    this.#target = this.#open(target);
  }

  /** Sends each lane's last plays once more, as if their answers had been lost. */
  repeatNext(): void {
    this.#isRepeating.k = true;
    this.#isRepeating.h = true;
  }

  /** Resolves when so many more plays are acknowledged. */
  async acknowledges(more: number): Promise<void> {
    const enough = this.acknowledged + more;
    await until(`${more} acknowledged`, () => Promise.resolve(this.acknowledged >= enough), acknowledgedMs);
  }

  /** Makes no new plays, and resolves once every play is acknowledged. */
  async finish(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#lanes);
  }

  /** Ends at once, acknowledged or not. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    await this.finish();
    this.#target.kinesis.destroy();
  }

  #open({ url, kinesisUrl }: DevProcess) {
    const kinesis = new KinesisClient({
      endpoint: kinesisUrl,
      region: "us-east-1",
      credentials: { accessKeyId: "any", secretAccessKey: "any" },
      requestHandler: new NodeHttpHandler(),
      maxAttempts: 1,
    });
    return { url, kinesis };
  }

  async #run(playsPerSecond: number, lane: "h" | "k", send: Send): Promise<void> {
    const startedAt = performance.now();
    let previous: readonly Sent[] = [];
    for (let made = 0; !this.#isEnding; ) {
      const due = Math.floor(((performance.now() - startedAt) * playsPerSecond) / 1000);
      const plays = this.#make(lane, made, Math.min(due - made, mostPlays));
      made += plays.length;
      this.sent.push(...plays.map(({ json }) => json));
      if (plays.length > 0 && ((await this.#deliver(plays, send)) > 1 || this.#isRepeating[lane])) {
        this.#isRepeating[lane] = false;
        await this.#deliver(previous, send);
        this.repeated += previous.length;
      }
      this.acknowledged += plays.length;
      previous = plays;
      if (plays.length < mostPlays) await pause(stepMs);
    }
  }

  /** Resolves with the number of tries when all are acknowledged. */
  async #deliver(plays: readonly Sent[], send: Send): Promise<number> {
    for (let tries = 1; !this.#isAbandoned; tries++) {
      try {
        await send(plays);
        return tries;
      } catch {
        await pause(stepMs);
      }
    }
    return 0;
  }

  #make(lane: string, from: number, count: number): Sent[] {
    return Array.from({ length: count }, (_, i) => {
      const user = `${lane}-user-${this.#random.below(300)}`;
      const song = this.#random.below(80);
      const json = JSON.stringify({
        ...{ event_id: `${lane}-${from + i}`, user_id: user },
        track: { id: `song-${song}`, artist: `artist-${song % 9}`, duration_ms: 180_000 + song },
        ...{ started_at: Date.now(), ms_played: this.#random.pick([10_000, 30_000, 180_000]) },
      });
      return { user, json };
    });
  }
}
