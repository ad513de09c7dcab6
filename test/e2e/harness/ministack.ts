import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { exitOf, signalGroup, spawnGroup } from "./child-process.ts";
import { E2eError } from "./e2e-error.ts";
import { freePort, isFree } from "./free-port.ts";
import type { PythonTools } from "./python-tools.ts";

const startDeadlineMs = 60_000;
const endDeadlineMs = 5_000;

/** MiniStack under way, which ends when it is told to, or with this process. */
export interface MiniStack {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts MiniStack on 127.0.0.1, with nothing in it.
 *
 * @param folder where it keeps its files; made if need be
 * @param port where it listens; 0 for any that is free
 * @throws E2eError where it does not start, because the port is in use for instance
 */
export async function startMiniStack(tools: PythonTools, folder: string, port = 0): Promise<MiniStack> {
  const chosen = port === 0 ? await freePort() : port;
  // MiniStack would tell the same, but later than another one at that port answers for it.
  if (!(await isFree(chosen))) throw new E2eError(portInUse(chosen));
  mkdirSync(folder, { recursive: true });
  // Its workers are CommonJS files in its temporary folder, which must not belong to our package, of type "module".
  writeFileSync(join(folder, "package.json"), "{}\n");
  const log = join(folder, "ministack.log");
  const output = openSync(log, "w");
  const child = spawnGroup(tools.python, ["-m", "ministack"], {
    cwd: folder,
    env: environment(folder, chosen),
    stdio: ["ignore", output, output],
  });
  const ended = exitOf(child);
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      signalGroup(child.pid, "SIGTERM");
      const isOver = await Promise.race([
        ended.then(() => true),
        pause(endDeadlineMs, false, { ref: false }),
      ]);
      if (!isOver) signalGroup(child.pid, "SIGKILL");
      await ended;
    }
  };
  const endpoint = `http://127.0.0.1:${chosen}`;
  try {
    await untilReady(endpoint, ended, log, chosen);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, stop };
}

/**
 * Its functions run on the `node` of its PATH, so that is the one of this process. Its own files stay in `folder`. It
 * must not find an AWS account in its environment, because its functions inherit that.
 */
function environment(folder: string, port: number): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|NODE_|VITEST|npm_)/.test(name));
  return {
    ...Object.fromEntries(inherited),
    PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    BIND_HOST: "127.0.0.1",
    GATEWAY_PORT: String(port),
    TMPDIR: folder,
    STATE_DIR: folder,
    LOG_LEVEL: process.env["EARWORM_E2E_LOG"] ?? "WARNING",
    IOT_MTLS_ENABLED: "0",
    SFTP_ENABLED: "0",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    NO_PROXY: "127.0.0.1,localhost",
  };
}

async function untilReady(
  endpoint: string,
  ended: Promise<number | null>,
  log: string,
  port: number,
): Promise<void> {
  const deadline = performance.now() + startDeadlineMs;
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  while (!(await isReady(endpoint))) {
    if (hasEnded) throw new E2eError(whyItEnded(readFileSync(log, "utf8"), port));
    if (performance.now() > deadline) throw new E2eError(`MiniStack does not answer at ${endpoint}`);
    await pause(100);
  }
}

const portInUse = (port: number): string =>
  `port ${port} is in use: end what listens there, or choose another with EARWORM_E2E_PORT (0: any)`;

/** One line of MiniStack's output. */
function whyItEnded(output: string, port: number): string {
  if (/already in use/.test(output)) return portInUse(port);
  return `MiniStack did not start: ${output.trim().split("\n").at(-1) ?? "it said nothing"}`;
}

const isReady = (endpoint: string): Promise<boolean> =>
  fetch(`${endpoint}/_ministack/ready`).then(
    (answer) => answer.ok,
    () => false,
  );
