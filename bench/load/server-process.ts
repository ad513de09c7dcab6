import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FromServer, MemorySample, ServerOptions, ToServer } from "./messages.ts";

type Said<Kind extends FromServer["kind"]> = Extract<FromServer, { kind: Kind }>;

/** The embedded runtime in a process of its own, over a data directory that goes with it. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #dataDir: string;
  #ports: Said<"started"> = { kind: "started", port: 0, kinesisPort: 0 };

  private constructor(child: ChildProcess, dataDir: string) {
    this.#child = child;
    this.#dataDir = dataDir;
  }

  /**
   * Resolves once it takes plays.
   *
   * @throws Error where it does not start
   */
  static async start(options: Omit<ServerOptions, "dataDir">): Promise<ServerProcess> {
    const dataDir = mkdtempSync(join(tmpdir(), "earworm-load-"));
    const child = fork(join(import.meta.dirname, "server.ts"), {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const server = new ServerProcess(child, dataDir);
    try {
      server.#ports = await server.#ask({ kind: "start", ...options, dataDir }, "started");
      return server;
    } catch (error) {
      await server.end();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  /** The HTTP API's address. */
  get api(): string {
    return `http://127.0.0.1:${this.#ports.port}`;
  }

  get webSocket(): string {
    return `ws://127.0.0.1:${this.#ports.port}/ws`;
  }

  get kinesis(): string {
    return `http://127.0.0.1:${this.#ports.kinesisPort}`;
  }

  /** Has it collect its garbage, and reads its memory. */
  sample(): Promise<MemorySample> {
    return this.#ask({ kind: "sample" }, "sampled");
  }

  /** Ends it, and deletes its data. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, "exit");
      this.#child.send({ kind: "end" } satisfies ToServer);
      await exited;
    }
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  #ask<Kind extends FromServer["kind"]>(message: ToServer, kind: Kind): Promise<Said<Kind>> {
    return new Promise((resolve, reject) => {
      const listen = (said: unknown): void => {
        const answer = said as FromServer;
        if (answer.kind === "failed") fail(answer.reason);
        if (answer.kind !== kind) return;
        stopListening();
        resolve(answer as Said<Kind>);
      };
      const gone = (code: number | null): void => fail(`it ended with ${code}`);
      const fail = (reason: string): void => {
        stopListening();
        reject(new Error(`the embedded runtime: ${reason}`));
      };
      const stopListening = (): void => {
        this.#child.off("message", listen);
        this.#child.off("exit", gone);
      };
      this.#child.on("message", listen);
      this.#child.once("exit", gone);
      this.#child.send(message);
    });
  }
}
