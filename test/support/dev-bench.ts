import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DevProcess, type Launch, runEarworm } from "./earworm-process.ts";
import { Producer } from "./producer.ts";

/** `earworm dev` over one data directory, started as often as a test likes, and its producers. */
export class DevBench {
  readonly dir = mkdtempSync(join(tmpdir(), "earworm-dev-"));
  /** Of the servers. */
  readonly dataDir = join(this.dir, "data");
  readonly #processes: DevProcess[] = [];
  readonly #producers: Producer[] = [];

  /** @param options the last of the same name counts */
  async start(options: readonly string[] = [], launch?: Launch): Promise<DevProcess> {
    const args = ["--data-dir", this.dataDir, "--shards", "2", "--tick", "10", ...options];
    const started = await DevProcess.start(args, launch);
    this.#processes.push(started);
    return started;
  }

  produce(target: DevProcess, seed: number): Producer {
    const producer = new Producer(target, seed);
    this.#producers.push(producer);
    return producer;
  }

  /** Compares everything that is stored with a recount of the archive; resolves with what was printed. */
  async verify(launch?: Launch): Promise<string> {
    const args = ["verify", "--data-dir", this.dataDir];
    const { code, stdout, stderr } = await runEarworm(args, "", launch);
    if (code !== 0) throw new Error(`earworm verify ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Ends everything and deletes the directory. */
  async end(): Promise<void> {
    for (const producer of this.#producers.splice(0)) await producer.abandon();
    for (const each of this.#processes.splice(0)) await each.end("SIGKILL");
    rmSync(this.dir, { recursive: true });
  }
}
