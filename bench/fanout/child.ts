import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A script of this folder as a process of its own, with a channel to talk over. */
export class Child<To extends object, From extends object> {
  readonly #process: ChildProcess;

  constructor(script: string, args: readonly string[] = []) {
    this.#process = fork(join(import.meta.dirname, script), [...args], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  send(message: To): void {
    this.#process.send(message);
  }

  /**
   * The next thing it says that is wanted.
   *
   * @throws Error where it ends before
   */
  hear<Wanted extends From>(isWanted: (message: From) => message is Wanted): Promise<Wanted> {
    return new Promise((resolve, reject) => {
      const listen = (message: unknown): void => {
        if (!isWanted(message as From)) return;
        this.#process.off("message", listen);
        this.#process.off("exit", fail);
        resolve(message as Wanted);
      };
      const fail = (code: number | null): void =>
        reject(new Error(`a process of the bench ended with ${code}`));
      this.#process.on("message", listen);
      this.#process.once("exit", fail);
    });
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
  }
}
