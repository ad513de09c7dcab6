import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";
import type { BuildAnswer, BuiltFile } from "./built-page.ts";

const configFile = fileURLToPath(new URL("../../vite.config.ts", import.meta.url));

/** Builds the page as `npm run build:page` does, but writes no file. */
async function buildPage(): Promise<BuiltFile[]> {
  const built = await build({
    ...{ configFile, configLoader: "native", logLevel: "silent" },
    build: { write: false, reportCompressedSize: false },
  });
  if (!("output" in built)) throw new Error("vite made no files");
  return built.output.map((file) =>
    withCompressed(file.fileName, Buffer.from(file.type === "chunk" ? file.code : file.source)),
  );
}

/** The highest quality of brotli would take half a second, for 3 % less. */
function withCompressed(name: string, body: Uint8Array): BuiltFile {
  const brotli = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
  return { name, body, gzip: gzipSync(body), brotli };
}

// A process of its own, which `buildPage` of built-page.ts starts: what Vite takes is gone with it.
process.once("disconnect", () => process.exit());
const answer: BuildAnswer = await buildPage().then(
  (files) => ({ kind: "built", files }),
  (error: unknown) => ({ kind: "failed", reason: String(error) }),
);
process.send?.(answer);
