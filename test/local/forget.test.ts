import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Play, UserId } from "#src/domain/play.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aPlay } from "#test/support/builders.ts";
import { DevProcess, runEarworm } from "#test/support/earworm-process.ts";
import { ranked, recount } from "#test/support/recount.ts";
import { until } from "#test/support/until.ts";

const dir = mkdtempSync(join(tmpdir(), "earworm-forget-"));
const dataDir = join(dir, "data");
const listener = "ann-to-be-forgotten";
const now = Date.now();

/** Ann was the first to play each song, gave some of them their names, and one was played by her alone. */
const plays: readonly Play[] = Array.from({ length: 600 }, (_, i) => {
  const isAnns = i % 3 === 0;
  const song = (i * i) % 41;
  return aPlay({
    userId: isAnns ? listener : `user-${i % 17}`,
    startedAt: now - (isAnns ? 7_200_000 : 3_600_000) + i * 1_000,
    msPlayed: i % 5 === 0 ? 10_000 : 100_000 + i,
    platform: isAnns ? "her own" : "web",
    track: {
      id: isAnns && i === 300 ? "hers alone" : `song-${song}`,
      artist: `artist-${song % 7}`,
      title: isAnns ? "her name for it" : "Title",
    },
  });
});
const others = plays.filter(({ userId }) => userId !== listener);
const poison = JSON.stringify({ user_id: listener, rating: 17 });

const earworm = (...args: string[]) => runEarworm([...args, "--data-dir", dataDir]);

async function withDev<T>(work: (dev: DevProcess) => Promise<T>): Promise<T> {
  const dev = await DevProcess.start(["--data-dir", dataDir, "--tick", "50", "--shards", "3"]);
  try {
    return await work(dev);
  } finally {
    await dev.end("SIGTERM");
  }
}

async function get(dev: DevProcess, path: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${dev.url}${path}`);
  return { status: answer.status, body: await answer.json() };
}

async function put(dev: DevProcess, partitionKey: string, data: string): Promise<void> {
  const answer = await fetch(dev.kinesisUrl, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.PutRecord" },
    body: JSON.stringify({
      StreamName: "plays",
      PartitionKey: partitionKey,
      Data: Buffer.from(data).toString("base64"),
    }),
  });
  expect(answer.status).toBe(200);
}

const counted = (dev: DevProcess, expected: number) =>
  until(`${expected} plays and duplicates`, async () => {
    const { body } = await get(dev, "/stats");
    const { plays: found, duplicates } = body as { plays: number; duplicates: number };
    return found + duplicates === expected && found;
  });

/** All that the archive holds, blocks expanded. */
function archivedText(): string {
  const files = readdirSync(join(dataDir, "archive"), { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.name.endsWith(".gz"))
    .flatMap((file) =>
      gunzipSync(readFileSync(join(file.parentPath, file.name)))
        .toString()
        .split("\n"),
    )
    .map((line) => {
      const { base64 } = line === "" ? {} : (JSON.parse(line) as { base64?: string });
      return base64 === undefined ? line : `${line}${gunzipSync(Buffer.from(base64, "base64")).toString()}`;
    })
    .join("\n");
}

let token: string;

beforeAll(async () => {
  const file = join(dir, "plays.ndjson");
  writeFileSync(file, plays.map(encodePlay).join("\n"));
  await withDev(async (dev) => {
    await runEarworm(["send", file, "--to", dev.kinesisUrl]);
    for (const play of plays.slice(0, 60)) await put(dev, partitionKeyOf(play.userId), encodePlay(play)); // duplicates
    await put(dev, listener, poison); // its partition key names her, too
    token = (await earworm("token", "create", "--user", listener, "--label", "hers")).stdout.trim();
    await counted(dev, plays.length + 60);
  });
}, 120_000);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("earworm forget", () => {
  test("does nothing that was not confirmed, on what is no data directory, or for somebody unknown", async () => {
    const unconfirmed = await earworm("forget", listener);
    const nowhere = await runEarworm(["forget", listener, "--yes", "--data-dir", join(dir, "none")]);
    const unknown = await earworm("forget", "nobody", "--yes");

    expect(unconfirmed).toEqual({
      code: 2,
      stdout: "",
      stderr: "error: this cannot be undone; say --yes to forget the listener\n",
    });
    expect(nowhere.stderr).toMatch(/^error: \S+ is no data directory: [^\n]+\n$/);
    expect(unknown.stderr).toBe('error: nothing is known of listener "nobody"\n');
    expect([nowhere.code, unknown.code]).toEqual([1, 1]);
  }, 60_000);

  test("does nothing while earworm dev works on the directory", async () => {
    const { code, stderr } = await withDev(() => earworm("forget", listener, "--yes"));

    expect(stderr).toMatch(
      /^error: the data directory \S+ is in use by another process: end earworm dev, [^\n]+\n$/,
    );
    expect(code).toBe(1);
  }, 60_000);

  test("leaves what a store holds that never saw the listener, and the archive agrees", async () => {
    expect(await earworm("verify")).toMatchObject({ code: 0 });
    expect(archivedText()).toContain(listener);

    const forgotten = await earworm("forget", listener, "--yes");

    expect(forgotten).toMatchObject({ code: 0, stderr: "" });
    expect(forgotten.stdout).toMatch(
      /^forgotten: 220 plays and 1 reject, 1 token revoked\nepoch \d+ corrected /,
    );
    expect(await earworm("verify")).toMatchObject({ code: 0 });
    expect(archivedText()).not.toContain(listener);
    const expected = recount(others.map(encodePlay));
    await withDev(async (dev) => {
      const songs = (await get(dev, "/charts/songs?window=all&limit=500")).body as {
        entries: { id: string; plays: number; title: string; first_played_at: string }[];
      };
      expect(songs.entries.map(({ id }) => id)).toEqual(ranked(expected.songs));
      for (const { id, plays: found, title, first_played_at } of songs.entries) {
        const { plays: wanted, first } = expected.songs.get(id) ?? {};
        expect({ id, found, title, first: Date.parse(first_played_at) }).toEqual({
          ...{ id, found: wanted, title: "Title", first },
        });
      }
      expect((await get(dev, `/users/${listener}`)).status).toBe(404);
      const listeners = JSON.stringify((await get(dev, "/charts/listeners?window=all&limit=500")).body);
      expect(listeners).not.toContain(listener);
      expect(JSON.stringify((await get(dev, "/plays/recent?limit=100")).body)).not.toContain("her own");
      expect(JSON.stringify((await get(dev, "/rejects")).body)).not.toContain("rating");
      expect((await get(dev, "/stats")).body).toMatchObject({ plays: others.length });
    });
    expect((await earworm("token", "list")).stdout).not.toContain(listener);
    expect(token).toMatch(/^ew_/);
  }, 120_000);

  test("finishes what was killed in the middle, wherever that was", async () => {
    const another = "user-5";

    for (let round = 0; round < 6; round++) {
      const args = ["forget", another, "--yes", "--data-dir", dataDir];
      await runEarworm(args, "", { killAfterMs: 300 + round * 250 });
    }
    const last = await earworm("forget", another, "--yes");

    // A round that was not killed in time has done it.
    if (last.code !== 0) expect(last.stderr).toBe(`error: nothing is known of listener "${another}"\n`);
    expect(await earworm("verify")).toMatchObject({ code: 0 });
    expect(archivedText()).not.toContain(`"${another}"`);
  }, 120_000);

  test("says that nothing is known the second time, and what the listener plays later counts", async () => {
    expect((await earworm("forget", listener, "--yes")).stderr).toMatch(
      /^error: nothing is known of listener /,
    );
    const later = aPlay({ userId: listener, startedAt: Date.now(), msPlayed: 60_000 });

    await withDev(async (dev) => {
      await put(dev, partitionKeyOf(listener as UserId), encodePlay(later));
      const profile = await until("the profile", async () => {
        const { status, body } = await get(dev, `/users/${listener}`);
        return status === 200 && body;
      });
      expect(profile).toMatchObject({ plays: 1, listened_ms: 60_000, tracks_heard: 1 });
    });
    expect(await earworm("verify")).toMatchObject({ code: 0 });
  }, 60_000);
});
