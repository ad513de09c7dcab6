import { type DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { Play } from "#src/domain/play.ts";
import { currentWindows } from "#src/domain/windows.ts";
import type { CapacityMeter, Metered } from "./meter.ts";

/** What the usual sample counts: totals only. */
const totalKeys = ({ userId, track, platform, mood, geo }: Play): readonly string[] => [
  `SONG#${track.id}`,
  `ARTIST#${track.artist}`,
  `DIM#genre#${track.genre}`,
  `DIM#platform#${platform}`,
  `DIM#mood#${mood}`,
  `DIM#country#${geo?.country}`,
  `DIM#city#${geo?.city}`,
  `USER#${userId}`,
  `USER#${userId}#ARTIST#${track.artist}`,
];

/** The same, and songs and artists by hour, day and week, each in an item of its own. */
function windowedKeys(play: Play): readonly string[] {
  const { hour, day, week } = currentWindows(play.startedAt);
  const { track } = play;
  const windowed = [hour, day, week].flatMap((window) => [
    `SONG#${track.id}#${window}`,
    `ARTIST#${track.artist}#${window}`,
  ]);
  return [...totalKeys(play), ...windowed];
}

export const naiveKeys = { totals: totalKeys, windows: windowedKeys } as const;

/**
 * The consumer to compare with: one UpdateItem per play and counter. It does not notice duplicates and counts twice when
 * a batch is retried; it keeps no charts and no profiles.
 */
export function createNaiveConsumer(
  client: DynamoDBDocumentClient,
  table: string,
  keysOf: (play: Play) => readonly string[],
): (plays: readonly Play[]) => Promise<void> {
  return async (plays) => {
    for (const play of plays) {
      await Promise.all(
        keysOf(play).map((pk) =>
          client.send(
            new UpdateCommand({
              TableName: table,
              Key: { pk, sk: "TOTAL" },
              UpdateExpression: "ADD plays :one, listened_ms :ms",
              ExpressionAttributeValues: { ":one": 1, ":ms": play.msPlayed ?? 0 },
            }),
          ),
        ),
      );
    }
  };
}

export interface NaiveMeasure extends Metered {
  readonly plays: number;
  readonly cpuMs: number;
}

/** Runs a consumer over some plays and meters it. */
export async function measureNaive(
  consume: (plays: readonly Play[]) => Promise<void>,
  meter: CapacityMeter,
  plays: readonly Play[],
): Promise<NaiveMeasure> {
  await meter.take();
  const before = process.cpuUsage();
  await consume(plays);
  const { user, system } = process.cpuUsage(before);
  return { ...(await meter.take()), plays: plays.length, cpuMs: (user + system) / 1000 };
}
