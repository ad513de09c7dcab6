import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { runEarworm } from "#test/support/earworm-process.ts";

const dir = mkdtempSync(join(tmpdir(), "earworm-verify-file-test-"));
const metrics = join(dir, "metrics.json");
const file = join(dir, "plays.csv.gz");

afterAll(() => rmSync(dir, { recursive: true }));

const rows = Array.from(
  { length: 3000 },
  (_, i) =>
    `user-${i % 97},song-${i % 53},"Artist ""${i % 11}""",${100 + (i % 13)}.5,2025-11-05T08:${10 + (i % 49)}:00`,
);
writeFileSync(file, gzipSync(`user_id,song_id,artist,duration,timestamp\n${rows.join("\n")}\nno,play\n`));

test("a recount of the file agrees with analyze, and any other figure is drift", async () => {
  await runEarworm(["analyze", file, "--out", metrics, "--users", "20"]);

  const agreed = await runEarworm(["verify", file, "--against", metrics]);

  expect([agreed.code, agreed.stdout.trim()]).toEqual([0, `drift 0, of 3000 plays and 1 rejects in ${file}`]);

  const changed = JSON.parse(readFileSync(metrics, "utf8"));
  changed.userbehavior_results.users[3].total_time += 1;
  changed.input.rejected = 0;
  writeFileSync(metrics, JSON.stringify(changed));
  const drifted = await runEarworm(["verify", file, "--against", metrics]);

  expect(drifted.code).toBe(1);
  expect(drifted.stdout).toMatch(
    /input\/rejected: expected 1, found 0\n.*users\/3\/total_time: expected .*\ndrift 2/,
  );
});

test("without anything to compare with it prints the recount", async () => {
  const { code, stdout } = await runEarworm(["verify", file]);

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ input: { plays: 3000, duplicates: 0, rejected: 1 } });
});

test("says what is wrong with a file, and with options", async () => {
  const notCsv = await runEarworm(["verify", import.meta.filename]);
  const noMetrics = await runEarworm(["verify", file, "--against", file]);
  const both = await runEarworm(["verify", file, "--from", "2025-11-05"]);
  const alone = await runEarworm(["verify", "--against", metrics]);

  expect([notCsv.code, noMetrics.code, both.code, alone.code]).toEqual([1, 1, 2, 2]);
  expect(notCsv.stderr).toContain("is no CSV of plays: the first line does not name the columns");
  expect(noMetrics.stderr).toContain("which earworm analyze should have written");
});
