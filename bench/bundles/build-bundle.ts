import { globSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { bundling } from "#lib/constructs/bundling.ts";

const repository = join(import.meta.dirname, "../..");

/** A function as it is deployed. */
export interface Bundle {
  /** File under `functions/`, such as `mapreduce/consume-index.ts`. */
  readonly entry: string;
  readonly code: Uint8Array;
  /** The code's gzip, bytes: about what Lambda fetches on a cold start. */
  readonly gzippedBytes: number;
  /** What each package adds to the code, bytes, largest first. Our own files are `earworm`. */
  readonly packages: readonly (readonly [name: string, bytes: number])[];
  /** What it still imports when it runs. */
  readonly imports: readonly { readonly path: string; readonly isLazy: boolean }[];
}

/** The entry of every function, in order. */
export const bundleEntries = (): readonly string[] =>
  globSync("*/*index.ts", { cwd: join(repository, "functions") }).sort();

/** Bundles a function with the options that the CDK app passes to esbuild. */
export async function buildBundle(entry: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...bundling,
    mainFields: [...bundling.mainFields],
    external: [...bundling.external],
    entryPoints: [`functions/${entry}`],
    absWorkingDir: repository,
    bundle: true,
    outfile: "index.mjs",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  const code = outputFiles.find(({ path }) => path.endsWith(".mjs"))?.contents;
  const output = metafile.outputs["index.mjs"];
  if (code === undefined || output === undefined) throw new Error(`esbuild made no bundle of ${entry}`);
  return {
    entry,
    code,
    gzippedBytes: gzipSync(code).length,
    packages: packagesIn(output),
    imports: output.imports.map(({ path, kind }) => ({ path, isLazy: kind === "dynamic-import" })),
  };
}

function packagesIn({ inputs }: Metafile["outputs"][string]): Bundle["packages"] {
  const sizes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    if (bytesInOutput === 0) continue;
    const name = packageOf(path);
    sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
  }
  return [...sizes].sort(([, a], [, b]) => b - a);
}

/** `@aws-sdk/core`, of `node_modules/@aws-sdk/core/dist-es/index.js`. */
function packageOf(path: string): string {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  return name ?? "earworm";
}
