import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bundle } from "./build-bundle.ts";

/** Any of the variables that functions read (functions/*\/env.ts), with a value that can be parsed. */
const variables = {
  ALLOWED_ORIGINS: "none",
  ARCHIVE_BUCKET: "archive",
  CONNECTIONS_TABLE: "connections",
  COUNTERS_TABLE: "counters",
  DEDUPE_HORIZON_MS: "600000",
  LEASE_MS: "300000",
  MAX_EPOCH_PLAYS: "50000",
  PLAYS_PER_WORKER: "20000",
  MAX_WORKER_PLAYS: "20000",
  MAX_WORKERS: "16",
  PAGE_BUCKET: "page",
  PROFILE_TICK_SECONDS: "900",
  SEGMENTS_TABLE: "segments",
  SEGMENT_RETENTION_MS: "604800000",
  STATE_MACHINE_ARN: "arn:aws:states:us-east-1:000000000000:stateMachine:none",
  STREAM_NAME: "plays",
  TICK_SECONDS: "5",
  TOPS_EVERY_MS: "60000",
  VERIFY_DAYS: "0",
  WS_MGMT_ENDPOINT: "https://none.example.com/dev",
} as const;
/** What Lambda sets. */
const runtime = {
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "none",
  AWS_SECRET_ACCESS_KEY: "none",
  NODE_OPTIONS: "--enable-source-maps",
  POWERTOOLS_SERVICE_NAME: "bundles",
  POWERTOOLS_METRICS_NAMESPACE: "Earworm",
} as const;

export interface InitTimes {
  /** A fresh Node that loads the bundle and ends, ms: the median. */
  readonly loadedMs: number;
  /** A fresh Node that does nothing, in the same minute, ms: the median. */
  readonly bareMs: number;
}

/** Loads a bundle in `runs` fresh processes, in turn with bare ones: this machine's noise hits both. */
export async function measureInit({ entry, code }: Bundle, runs: number): Promise<InitTimes> {
  const directory = mkdtempSync(join(tmpdir(), "earworm-bundle-"));
  try {
    const file = join(directory, "index.mjs");
    writeFileSync(file, code);
    const [loaded, bare]: [number[], number[]] = [[], []];
    for (let run = 0; run < runs; run++) {
      loaded.push(await timeNode(entry, [file]));
      bare.push(await timeNode(entry, ["-e", "0"]));
    }
    return { loadedMs: median(loaded), bareMs: median(bare) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** How long a process lives, ms. */
function timeNode(entry: string, args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      env: { ...runtime, ...variables },
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve(performance.now() - startedAt);
      else reject(new Error(`the bundle of ${entry} does not load: exit code ${code}`));
    });
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
