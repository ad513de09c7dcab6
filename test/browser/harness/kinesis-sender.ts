import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Play } from "#src/domain/play.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aPlay } from "#test/support/builders.ts";
import type { DevProcess } from "#test/support/earworm-process.ts";
import { until } from "#test/support/until.ts";
import { countedPlays } from "./api.ts";
import { patience } from "./patience.ts";

const listenedMs = 180_000;

/** A play of this moment that counts. */
export const justHeard = (overrides: Parameters<typeof aPlay>[0] = {}): Play =>
  aPlay({ startedAt: Date.now(), msPlayed: listenedMs, ...overrides });

/** So many plays of a song, each by another listener. */
export function playsOf(title: string, count: number, artist = `Artist of ${title}`): readonly Play[] {
  const track = { id: title.toLowerCase(), title, artist };
  return Array.from({ length: count }, (_, i) => justHeard({ userId: `listener-${i}`, track }));
}

/** Puts plays into a server's stream over the Kinesis protocol, each as a record of its own. */
export async function putPlays({ kinesisUrl }: DevProcess, plays: readonly Play[]): Promise<void> {
  const kinesis = new KinesisClient({
    endpoint: kinesisUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    requestHandler: new NodeHttpHandler(),
  });
  try {
    const Records = plays.map((play) => ({
      PartitionKey: play.userId,
      Data: Buffer.from(encodePlay(play)),
    }));
    const answer = await kinesis.send(new PutRecordsCommand({ StreamName: "plays", Records }));
    if (answer.FailedRecordCount !== 0) throw new Error(`${answer.FailedRecordCount} plays were not taken`);
  } finally {
    kinesis.destroy();
  }
}

/** Puts plays and resolves once all of them are counted: before that a chart may show some of them. */
export async function putAndCount(server: DevProcess, plays: readonly Play[]): Promise<void> {
  const enough = (await countedPlays(server.url)) + plays.length;
  await putPlays(server, plays);
  await until("all plays counted", async () => (await countedPlays(server.url)) >= enough, patience.timeout);
}
