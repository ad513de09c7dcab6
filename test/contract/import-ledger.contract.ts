import { describe, expect, test } from "vitest";
import type { FileHash, FileImport } from "#src/domain/file-import.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ImportLedger } from "#src/ports/import-ledger.ts";
import { type Open, opened } from "./opened.ts";

const aHash = (start: string): FileHash => start.padEnd(64, "0") as FileHash;

const anImport = (start: string, overrides: Partial<FileImport> = {}): Omit<FileImport, "finished"> => ({
  sha256: aHash(start),
  name: "2025/plays of 日本 '\"\\.csv.gz",
  startedAt: 1_700_000_000_000 as EpochMs,
  ...overrides,
});

const finished = { at: 1_700_000_060_000 as EpochMs, sent: 12_345_678_901, leftOut: 0, rejected: 3 };

/** What every ImportLedger does. */
export function importLedgerContract(name: string, open: Open<ImportLedger>): void {
  describe(`${name} as an ImportLedger`, () => {
    test("a file that nobody imported is not found", async () => {
      const ledger = await opened(open);
      await ledger.begin(anImport("ab"));

      expect(await ledger.find(aHash("a"))).toBeUndefined();
    });

    test("an import is found as it began, and then as it ended", async () => {
      const ledger = await opened(open);
      const begun = anImport("a");

      await ledger.begin(begun);
      const underWay = await ledger.find(begun.sha256);
      await ledger.finish(begun.sha256, finished);

      expect(underWay).toEqual(begun);
      expect(await ledger.find(begun.sha256)).toEqual({ ...begun, finished });
    });

    test("who begins or finishes a second time changes nothing", async () => {
      const ledger = await opened(open);
      const begun = anImport("a");
      await ledger.begin(begun);
      await ledger.begin(anImport("a", { name: "copy.csv", startedAt: 1 as EpochMs }));
      const underWay = await ledger.find(begun.sha256);
      await ledger.finish(begun.sha256, finished);

      await ledger.finish(begun.sha256, { ...finished, sent: 1 });
      await ledger.begin(anImport("a", { name: "copy.csv" }));

      expect(underWay).toEqual(begun);
      expect(await ledger.find(begun.sha256)).toEqual({ ...begun, finished });
    });

    test("an import that never began does not finish", async () => {
      const ledger = await opened(open);

      await ledger.finish(aHash("a"), finished);

      expect(await ledger.find(aHash("a"))).toBeUndefined();
    });

    test("imports of different files do not meet", async () => {
      const ledger = await opened(open);
      await ledger.begin(anImport("a"));
      await ledger.begin(anImport("b", { name: "b.csv" }));

      await ledger.finish(aHash("b"), finished);

      expect(await ledger.find(aHash("a"))).toEqual(anImport("a"));
      expect(await ledger.find(aHash("b"))).toEqual({ ...anImport("b", { name: "b.csv" }), finished });
    });
  });
}
