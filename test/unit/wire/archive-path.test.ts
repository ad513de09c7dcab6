import { expect, test } from "vitest";
import { archivePath, parseArchivePath } from "#src/wire/archive-path.ts";
import { anHour, aSequenceNumber, aShard } from "#test/support/archived.ts";

const first = aSequenceNumber(1);
const padded = `00000000${first}`;

test("an object lies where its hour, its shard and its sequence numbers say", () => {
  const object = { shard: aShard, hour: anHour, first };
  const last = aSequenceNumber(2);

  expect(archivePath(object)).toBe(`2026/11/21/09/plays/shardId-000000000000/${padded}.ndjson.gz`);
  expect(archivePath(object, last)).toBe(
    `2026/11/21/09/plays/shardId-000000000000/${padded}-00000000${last}.ndjson.gz`,
  );
});

test.each([[undefined], [aSequenceNumber(7)]])("a path tells its object, with last %s", (last) => {
  const object = { shard: aShard, hour: anHour, first };
  const path = archivePath(object, last);

  expect(parseArchivePath(path)).toEqual({ ...object, path });
});

test.each([
  `2026/11/21/24/plays/shard/${padded}.ndjson.gz`,
  `2026/02/30/09/plays/shard/${padded}.ndjson.gz`,
  `2026/11/21/09/shard/${padded}.ndjson.gz`,
  `2026/11/21/09/plays/shard/${first}.ndjson.gz`,
  `2026/11/21/09/plays/shard/${padded}.ndjson`,
  `2026/11/21/09/plays/shard/${padded}.ndjson.gz.tmp`,
  `archive/2026/11/21/09/plays/shard/${padded}.ndjson.gz`,
  "README.md",
])("%s is no path of an archive", (path) => {
  expect(parseArchivePath(path)).toBeUndefined();
});
