import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStores } from "#local/stores.ts";
import { DevProcess, runEarworm } from "#test/support/earworm-process.ts";

let dir = "";
let dev: DevProcess | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "earworm-token-"));
});
afterEach(async () => {
  await dev?.end("SIGTERM");
  dev = undefined;
  rmSync(dir, { recursive: true });
});

const start = async (...args: string[]): Promise<DevProcess> => {
  dev = await DevProcess.start(["--data-dir", dir, ...args]);
  return dev;
};

const token = (...args: string[]) => runEarworm(["token", ...args, "--data-dir", dir]);

/** A new token and its id. */
async function aToken(...args: string[]): Promise<{ readonly text: string; readonly id: string }> {
  const { code, stdout, stderr } = await token("create", "--label", "a test", ...args);
  expect(code).toBe(0);
  return { text: stdout.trim(), id: /token ([\da-f]{12}) /.exec(stderr)?.[1] ?? "" };
}

const statusOf = async ({ url }: DevProcess, path: string, text: string): Promise<number> =>
  (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${text}` } })).status;

describe("earworm token, beside a running earworm dev --require-token,", () => {
  test("makes tokens that open what they are for, until they are revoked", async () => {
    const running = await start("--require-token");
    const [operator, ann] = [await aToken("--operator"), await aToken("--user", "ann", "--days", "1")];

    const before = [
      (await fetch(`${running.url}/users/ann/recommendations`)).status,
      await statusOf(running, "/users/ann/recommendations", ann.text),
      await statusOf(running, "/users/bob/recommendations", ann.text),
      await statusOf(running, "/users/bob/recommendations", operator.text),
    ];
    const revoked = await token("revoke", ann.id);
    const after = await statusOf(running, "/users/ann/recommendations", ann.text);

    expect(before).toEqual([401, 200, 403, 200]);
    expect(revoked).toEqual({ code: 0, stdout: `revoked ${ann.id}\n`, stderr: "" });
    expect(after).toBe(401);
    expect(running.stderr).toBe("");
  });

  test("prints nothing but the token on standard output, and keeps nothing but its hash", async () => {
    const running = await start("--require-token");

    const { stdout, stderr } = await token("create", "--operator", "--label", "a test");
    await statusOf(running, "/users/ann", stdout.trim());

    expect(stdout).toMatch(/^ew_[\w-]{43}\n$/);
    const secret = stdout.trim();
    expect(stderr).toMatch(
      /^token [\da-f]{12} \(operator\) is good until \d{4}-.*; it is shown this once, keep it\n$/,
    );
    expect(stderr).not.toContain(secret);
    for (const name of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      if (name.isFile()) expect(readFileSync(join(name.parentPath, name.name)).includes(secret)).toBe(false);
    }
  });

  test("lists them, the oldest first", async () => {
    await start();
    const operator = await aToken("--operator");
    const listener = await aToken("--user", 'a "b"\t');

    const { code, stdout } = await token("list");

    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.split("\t").toSpliced(2, 1))).toEqual([
      [operator.id, "operator", "a test"],
      [listener.id, 'listener "a \\"b\\"\\t"', "a test"],
      [""],
    ]);
  });
});

test("without --require-token nobody asks for one", async () => {
  const running = await start();

  expect((await fetch(`${running.url}/users/ann/recommendations`)).status).toBe(200);
});

test("of tokens that are made at once, while plays are counted, none gets lost", async () => {
  await start("--simulate", "200");

  const created = await Promise.all([aToken("--operator"), aToken("--operator"), aToken("--operator")]);

  const stores = openStores(dir, {});
  const ids = (await stores.tokens.list()).map(({ id }) => id);
  stores.close();
  expect(ids.sort()).toEqual(created.map(({ id }) => id).sort());
});

describe("wrong usage is one line and exit code 2:", () => {
  test.each([
    ["a token for nobody", ["create", "--label", "x"], "--user"],
    ["a token for two", ["create", "--label", "x", "--operator", "--user", "ann"], "--operator"],
    ["a token without a label", ["create", "--operator"], "--label"],
    ["a label of two lines", ["create", "--operator", "--label", "a\nb"], "one line"],
    ["a label that is too long", ["create", "--operator", "--label", "x".repeat(101)], "100"],
    ["a listener that no play can have", ["create", "--label", "x", "--user", "x".repeat(129)], "128"],
    ["a token for no time", ["create", "--operator", "--label", "x", "--days", "0"], "--days"],
    ["two places", ["list", "--stage", "prod"], "--stage"],
    ["an id that is none", ["revoke", "0123"], "12 hex digits"],
  ])("%s", async (_, args, reason) => {
    const { code, stdout, stderr } = await token(...args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error: [^\n]*\n$/);
    expect(stderr).toContain(reason);
  });
});

test("a token given for an id is not repeated", async () => {
  const secret = `ew_${"s".repeat(43)}`;

  const { code, stderr } = await token("revoke", secret);

  expect(code).toBe(2);
  expect(stderr).not.toContain(secret);
});

test("what is not there is said in one line", async () => {
  const nowhere = await token("list");
  await start();
  const unknown = await token("revoke", "0123456789ab");

  expect(nowhere).toEqual({
    ...{ code: 1, stdout: "" },
    stderr: `error: ${dir} is not a data directory: start earworm dev on it first, or give --stage\n`,
  });
  expect(unknown).toEqual({ code: 1, stdout: "", stderr: "error: there is no token 0123456789ab\n" });
});
