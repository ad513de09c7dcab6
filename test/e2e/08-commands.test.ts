import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { nodeArchiveZip } from "#src/adapters/archive/node-archive-zip.ts";
import { S3Archive } from "#src/adapters/s3/s3-archive.ts";
import { createS3Client } from "#src/adapters/s3/s3-client.ts";
import { readArchive } from "#src/domain/archive.ts";
import { isForgotten } from "#src/domain/profile.ts";
import { isGzip } from "#src/wire/gzip.ts";
import { type Ended, runEarworm } from "#test/support/earworm-process.ts";
import type { DeployedSystem } from "./harness/deployed-system.ts";
import { describeDeployed, needsAwsCli } from "./harness/describe-deployed.ts";
import { createToken } from "./harness/earworm-cli.ts";
import { expectRecount } from "./harness/expect-recount.ts";
import { freePort } from "./harness/free-port.ts";
import { named, wirePlay } from "./harness/wire-plays.ts";
import { readDeployed } from "./parity/deployed-run.ts";
import { readEmbedded } from "./parity/embedded-run.ts";
import { type Published, textsOf } from "./parity/published.ts";

/** A forgotten listener's epoch may wait a minute for the schedule. */
const killAfterMs = 280_000;
/** How often plays come while a listener is forgotten. */
const playEveryMs = 300;

/** Plays of two songs of one artist. */
const someOf = (name: string, count: number, user = named(name)): string[] =>
  Array.from({ length: count }, (_, i) =>
    wirePlay({ user, track: named(`${name}-${i % 2}`), artist: named(`artist of ${name}`) }),
  );

const block = (texts: readonly string[]): Buffer => gzipSync(`${texts.join("\n")}\n`);

/** A play that is none: out of five, nobody gives 17. */
const badPlay = (text: string): string => JSON.stringify({ ...JSON.parse(text), rating: 17 });

describeDeployed("a command against the stage:", (deployed) => {
  const { system, deployment, folder: runFolder } = deployed;
  const { stage } = deployment.target;
  const folder = join(runFolder, "commands");
  const onStage = (...args: readonly string[]): Promise<Ended> =>
    runEarworm([...args, "--stage", stage], "", { killAfterMs });

  beforeAll(() => mkdirSync(folder));

  const aFile = (name: string, lines: readonly string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, `${lines.join("\n")}\n`);
    return path;
  };

  test("import sends what has not counted, and the same file not again", async () => {
    const counted = someOf("counted", 3);
    await system.putAll(counted.map((data) => ({ key: named("counted"), data })));
    await expectRecount(system, counted);
    const before = await system.stats();
    const fresh = someOf("imported", 5);
    const file = aFile("history.ndjson", [...counted, ...fresh]);

    const first = await onStage("import", file);
    const after = await system.statsAfter(before, { plays: 5 });
    const again = await onStage("import", aFile("other-name.ndjson", [...counted, ...fresh]));

    expect(first).toMatchObject({
      code: 0,
      stdout: "sent 5 plays, left out 3 that count already, rejected 0 lines\n",
    });
    expect(after).toMatchObject({ plays: before.plays + 5, duplicates: before.duplicates });
    expect(again).toMatchObject({ code: 1, stdout: "" });
    expect(again.stderr).toMatch(
      /^error: \S+ was imported at \S+ as "history.ndjson": sent 5 plays, [^\n]+\n$/,
    );
    await expectRecount(system, counted);
    await expectRecount(system, fresh);
  });

  test("rejects lists them, exports them, and replays those that were corrected, once", async () => {
    const before = await system.stats();
    const texts = someOf("corrected", 2);
    await system.putAll(texts.map((text) => ({ key: named("corrected"), data: badPlay(text) })));
    await system.statsAfter(before, { rejects: 2 });
    await system.settled();
    const out = join(folder, "fix.ndjson");

    const list = await onStage("rejects", "list", "--reason", "rating");
    const exported = await onStage("rejects", "export", "--out", out);
    const lines = readFileSync(out, "utf8").split("\n");
    const ours = lines.filter((line) => line.includes(named("corrected")));
    const fixed = aFile(
      "fixed.ndjson",
      ours.map((line) => line.replace('"rating":17', '"rating":5')),
    );
    const replayed = await onStage("rejects", "replay", fixed);
    await expectRecount(system, texts);
    const again = await onStage("rejects", "replay", fixed);

    expect(list).toMatchObject({ code: 0, stderr: "" });
    expect(list.stdout).toMatch(/\trating: [^\n]+\n/);
    expect(exported).toMatchObject({ code: 0, stderr: "" });
    expect(ours).toHaveLength(2);
    expect(replayed.stdout).toBe("sent 2 plays, left out 0 that count already, rejected 0 lines\n");
    expect(again.stdout).toBe("sent 0 plays, left out 2 that count already, rejected 0 lines\n");
    expect([replayed.code, again.code]).toEqual([0, 0]);
    await expectRecount(system, texts);
  });

  test("verify finds no drift, and the stage shows its result", async () => {
    await system.settled();

    const { code, stdout, stderr } = await onStage("verify");

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/\ndrift 0 as of epoch \d+, in [^\n]+\n$/);
    const { verification, epoch } = await system.stats();
    expect(verification).toMatchObject({ drift: 0, epoch });
  });

  test("forget leaves nothing of a listener while plays go on, and verify finds no drift", async () => {
    const [gone, stays] = [named("forgotten"), named("stays")];
    const theirs = [...someOf("shared", 7, gone), ...someOf("forgotten", 4)];
    const others = someOf("shared", 5, stays);
    await system.putAll([
      { key: gone, data: theirs[0] ?? "" }, // a producer may take the listener's id for the partition key
      { key: gone, data: badPlay(theirs[0] ?? "") },
      { key: named("both"), data: block([...theirs.slice(1), ...others]) },
    ]);
    await createToken(stage, "--user", gone);
    await expectRecount(system, [...theirs, ...others]);
    expect(await system.api.get(`/users/${gone}`)).toMatchObject({ status: 200, body: { plays: 11 } });
    expect(await archivedText(system)).toContain(gone);

    const [forgotten, meanwhile] = await whilePlaysGoOn(system, () => onStage("forget", gone, "--yes"));

    expect(forgotten).toMatchObject({ code: 0, stderr: "" });
    expect(forgotten.stdout).toMatch(
      /^forgotten: 11 plays and 1 reject, 1 token revoked\nepoch \d+ corrected \d+ totals; [1-3] files? /,
    );
    await expectRecount(system, meanwhile);
    await expectRecount(system, others);
    expect(await system.api.get(`/users/${gone}`)).toMatchObject({ status: 404 });
    expect(await system.api.get(`/users/${stays}`)).toMatchObject({ status: 200, body: { plays: 5 } });
    expect(await archivedText(system)).not.toContain(gone);
    expect(await onStage("verify")).toMatchObject({ code: 0, stderr: "" });
    expect(await onStage("forget", gone, "--yes")).toEqual({
      code: 1,
      stdout: "",
      stderr: `error: nothing is known of listener "${gone}"\n`,
    });
  });

  test("replay of the archive, copied, gives the same charts, profiles and trending songs", async (context) => {
    needsAwsCli(context, deployed);
    const [copy, into] = [join(folder, "archive"), join(folder, "rebuilt")];
    await system.settled();
    const verified = await onStage("verify"); // which waits for the archive
    const synced = await system.aws.run("s3", "sync", `s3://${deployment.archiveBucket}`, copy);

    const replayed = await runEarworm(["replay", copy, "--into", into, "--shards", "2"]);

    expect(verified.code).toBe(0);
    expect(synced.code).toBe(0);
    expect(replayed).toMatchObject({ code: 0, stderr: "" });
    const { plays, duplicates } = await system.stats();
    expect(replayed.stdout.replaceAll(",", "")).toContain(`: ${plays} plays ${duplicates} duplicates `);
    const there = await readDeployed(system);
    expect(there.profiles.size).toBeGreaterThan(5);
    expect(remembered(await readEmbedded(into))).toEqual(remembered(there));
  });

  describe("says in one line that there is", () => {
    const nowhere = freePort().then((port) => `http://127.0.0.1:${port}`);
    const noCredentials = {
      ...{ AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_SESSION_TOKEN: "", AWS_PROFILE: "" },
      ...{ AWS_CONFIG_FILE: "/nowhere", AWS_SHARED_CREDENTIALS_FILE: "/nowhere" },
      AWS_EC2_METADATA_DISABLED: "true",
    };

    /** What each command says with other variables, or of another stage. */
    async function linesOf(env: Readonly<Record<string, string>>, to = stage): Promise<readonly string[]> {
      const file = aFile("any.ndjson", someOf("any", 1));
      const commands = [
        ["import", file],
        ["rejects", "replay", file],
        ["verify"],
        ["forget", named("stays"), "--yes"],
      ];
      const lines: string[] = [];
      for (const command of commands) {
        const ended = await runEarworm([...command, "--stage", to], "", { env, killAfterMs });
        expect(ended).toMatchObject({ code: 1, stdout: "" });
        lines.push(ended.stderr);
      }
      return lines;
    }

    test("nothing at the endpoint", async () => {
      const endpoint = await nowhere;
      const line = `error: cannot reach CloudFormation at ${endpoint} (ECONNREFUSED)\n`;

      expect(new Set(await linesOf({ AWS_ENDPOINT_URL: endpoint }))).toEqual(new Set([line]));
    });

    test("no way to the archive", async () => {
      const endpoint = await nowhere;
      const line = `error: cannot reach S3 at ${endpoint} (ECONNREFUSED)\n`;

      expect(new Set(await linesOf({ AWS_ENDPOINT_URL_S3: endpoint }))).toEqual(new Set([line]));
    });

    test("nobody to ask as", async () => {
      for (const line of await linesOf(noCredentials))
        expect(line).toMatch(/^error: no AWS credentials: set AWS_PROFILE, [^\n]+\n$/);
    });

    test("no such stage", async () => {
      for (const line of await linesOf({}, "no-such-stage"))
        expect(line).toMatch(
          /^error: stage no-such-stage is not deployed in \S+: there is no stack [^\n]+\n$/,
        );
    });
  });
});

/** Runs `work` while another listener plays; returns what it gave and the plays, as they were put. */
async function whilePlaysGoOn<T>(system: DeployedSystem, work: () => Promise<T>): Promise<[T, string[]]> {
  const texts: string[] = [];
  const ending = new AbortController();
  const done = work().finally(() => ending.abort());
  while (!ending.signal.aborted) {
    const [text = ""] = someOf("meanwhile", 1);
    await system.put({ key: named("meanwhile"), data: text });
    texts.push(text);
    await sleep(playEveryMs);
  }
  return [await done, texts];
}

/** Keys and bytes of everything that is in the archive, blocks expanded. */
async function archivedText({ deployment }: DeployedSystem): Promise<string> {
  const client = createS3Client();
  const texts: string[] = [];
  try {
    for await (const { partitionKey, data } of readArchive(
      new S3Archive(client, deployment.archiveBucket, nodeArchiveZip),
    ))
      texts.push(partitionKey, Buffer.from(isGzip(data) ? gunzipSync(data) : data).toString("utf8"));
  } finally {
    client.destroy();
  }
  return texts.join("\n");
}

/** What two stores have in common, without what one of them keeps of a listener who was forgotten: that there was one. */
const remembered = (published: Published): Record<string, string> =>
  textsOf({
    ...published,
    profiles: new Map([...published.profiles].filter(([, profile]) => !isForgotten(profile))),
  });
