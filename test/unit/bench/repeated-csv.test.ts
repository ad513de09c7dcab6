import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repeatedCsv } from "../../../bench/growth/repeated-csv.ts";

test("a file several times over has the same rows at later times", () => {
  const dir = mkdtempSync(join(tmpdir(), "earworm-repeated-"));
  const source = join(dir, "a.csv");
  const head = "user_id,song_id,artist,duration,timestamp";
  writeFileSync(
    source,
    `${head}\nU1,S1,A,1.5,2025-11-05T00:00:00.000Z\nU2,S2,B,2,2025-11-05T00:00:00.250Z\n`,
  );

  const text = [...repeatedCsv(source, 2, 60_000)].join("");

  expect(text.split("\n")).toEqual([
    head,
    "U1,S1,A,1.5,2025-11-05T00:00:00.000Z",
    "U2,S2,B,2,2025-11-05T00:00:00.250Z",
    "U1,S1,A,1.5,2025-11-05T00:01:00.000Z",
    "U2,S2,B,2,2025-11-05T00:01:00.250Z",
    "",
  ]);
  rmSync(dir, { recursive: true });
});
