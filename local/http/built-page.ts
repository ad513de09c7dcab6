import { fork } from "node:child_process";

/** A file of the built page, and in the forms in which it is sent. */
export interface BuiltFile {
  /** Its path within the page, such as `index.html`. */
  readonly name: string;
  readonly body: Uint8Array;
  readonly gzip: Uint8Array;
  readonly brotli: Uint8Array;
}

/** What page-builder.ts says: the files, or why there are none. */
export type BuildAnswer =
  | { readonly kind: "built"; readonly files: readonly BuiltFile[] }
  | { readonly kind: "failed"; readonly reason: string };

let building: Promise<readonly BuiltFile[]> | undefined;

/**
 * The page, built from its sources once a process. That takes about half a second of another process, so nothing here
 * waits for it, and the page is never older than its sources.
 *
 * @throws Error where it cannot be built; the next call tries again
 */
export function buildPage(): Promise<readonly BuiltFile[]> {
  building ??= startBuild().catch((error: unknown) => {
    building = undefined;
    throw error;
  });
  return building;
}

function startBuild(): Promise<readonly BuiltFile[]> {
  return new Promise((resolve, reject) => {
    const builder = fork(new URL("./page-builder.ts", import.meta.url), {
      serialization: "advanced",
      execArgv: [],
    });
    builder.once("message", (answer: BuildAnswer) => {
      builder.disconnect();
      if (answer.kind === "built") resolve(answer.files);
      else reject(new Error(`the page cannot be built: ${answer.reason}`));
    });
    builder.once("error", reject);
    builder.once("exit", (code) => reject(new Error(`the page's builder ended with code ${code}`)));
    builder.unref();
    builder.channel?.unref();
  });
}
