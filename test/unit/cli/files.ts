import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { readPlayFile } from "#cli/play-file.ts";
import type { PlayFileEntry } from "#cli/play-file-decoder.ts";
import type { Play } from "#src/domain/play.ts";
import { someTime } from "#test/support/builders.ts";

/** A directory that goes with the test. */
export function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "earworm-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

export function aFile(name: string, content: string | Uint8Array): string {
  const path = join(aDirectory(), name);
  writeFileSync(path, content);
  return path;
}

export async function read(path: string): Promise<PlayFileEntry[]> {
  const entries: PlayFileEntry[] = [];
  for await (const batch of readPlayFile(path, { arrivedAt: someTime })) entries.push(...batch);
  return entries;
}

export const playsIn = (entries: readonly PlayFileEntry[]): readonly Play[] =>
  entries.flatMap((entry) => ("play" in entry ? [entry.play] : []));

/** `<line> <field>` of each rejection. */
export const rejectsIn = (entries: readonly PlayFileEntry[]): readonly string[] =>
  entries.flatMap((entry) => ("rejection" in entry ? [`${entry.line} ${entry.rejection.field}`] : []));
