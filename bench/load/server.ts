// The embedded runtime in a process of its own, as `earworm dev` runs it, that tells its memory when it is asked.
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ConsoleLogger } from "#local/console-logger.ts";
import { Runtime } from "#local/runtime.ts";
import { usualProfileTickMs } from "#local/usual-ticks.ts";
import type { FromServer, MemorySample, ServerOptions, ToServer } from "./messages.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

let runtime: Runtime | undefined;
let endProfile: () => Promise<void> = () => Promise.resolve();

const say = (message: FromServer): void => void process.send?.(message);

async function start(options: ServerOptions): Promise<FromServer> {
  try {
    runtime = await Runtime.start({
      ...{ port: 0, kinesisPort: 0, fsync: false, simulate: 0 },
      ...{ dataDir: options.dataDir, shards: options.shards, tickMs: options.tickMs },
      profileTickMs: usualProfileTickMs,
      ...{ archive: options.archive, dedupeHorizonMs: options.dedupeHorizonMs },
      logger: new ConsoleLogger("warn"),
    });
  } catch (cause) {
    return { kind: "failed", reason: cause instanceof Error ? cause.message : String(cause) };
  }
  if (options.cpuProfile !== undefined) endProfile = await startProfile(options.cpuProfile);
  return { kind: "started", port: runtime.port, kinesisPort: runtime.kinesisPort };
}

async function startProfile(path: string): Promise<() => Promise<void>> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 500 });
  await session.post("Profiler.start");
  return async () => {
    const { profile } = await session.post("Profiler.stop");
    writeFileSync(path, JSON.stringify(profile));
  };
}

/** The second collection waits until what the first one found is given back: buffers are, in the background. */
function sample(): MemorySample {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed, externalBytes: external, residentBytes: rss };
}

async function answer(message: ToServer): Promise<void> {
  switch (message.kind) {
    case "start":
      return say(await start(message));
    case "sample":
      return say({ kind: "sampled", ...sample() });
    case "end":
      await endProfile();
      await runtime?.close();
      say({ kind: "ended" });
      process.disconnect();
  }
}

process.on("message", (message: ToServer) => void answer(message));
// Whoever started it is gone.
process.on("disconnect", () => process.exit());
