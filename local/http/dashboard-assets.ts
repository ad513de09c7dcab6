import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

export interface Asset {
  readonly type: string;
  readonly body: Uint8Array;
}

/** The dashboard by path, its TypeScript bundled in memory. */
export async function loadDashboard(directory: string): Promise<ReadonlyMap<string, Asset>> {
  const [html, css, icon, script] = await Promise.all([
    readFile(join(directory, "index.html")),
    readFile(join(directory, "style.css")),
    readFile(join(directory, "icon.svg")),
    bundle(join(directory, "main.ts")),
  ]);
  return new Map([
    ["/", { type: "text/html; charset=utf-8", body: html }],
    ["/style.css", { type: "text/css; charset=utf-8", body: css }],
    ["/icon.svg", { type: "image/svg+xml", body: icon }],
    ["/main.js", { type: "text/javascript; charset=utf-8", body: script }],
  ]);
}

async function bundle(entryPoint: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    logLevel: "silent",
  });
  const [script] = outputFiles;
  if (script === undefined) throw new Error(`esbuild made nothing of ${entryPoint}`);
  return script.contents;
}
