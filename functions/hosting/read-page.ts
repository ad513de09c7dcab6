import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { PageFile } from "#src/ports/page-store.ts";
import { pageFile } from "./page-file.ts";

/** The files of a built page, below a directory. */
export async function readPage(directory: string): Promise<readonly PageFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return await Promise.all(
    paths.map(async (path) => pageFile(relative(directory, path).replaceAll(sep, "/"), await readFile(path))),
  );
}
