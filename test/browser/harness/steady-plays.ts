import { setTimeout as pause } from "node:timers/promises";
import type { Play } from "#src/domain/play.ts";
import type { DevProcess } from "#test/support/earworm-process.ts";
import { justHeard, putPlays } from "./kinesis-sender.ts";

const pauseMs = 100;
const playsAtOnce = 5;
const songs = 8;

/** Puts a few plays ten times a second, and each until it is acknowledged, whatever becomes of the server meanwhile. */
export class SteadyPlays {
  /** Every play that is acknowledged. */
  readonly acknowledged: Play[] = [];
  #target: DevProcess;
  #isOver = false;
  readonly #work: Promise<void>;

  constructor(target: DevProcess) {
    this.#target = target;
    this.#work = this.#run();
  }

  redirect(target: DevProcess): void {
    this.#target = target;
  }

  /** Resolves once all that was made is acknowledged. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#work;
  }

  async #run(): Promise<void> {
    for (let batch = 0; !this.#isOver; batch++) {
      await this.#deliver(Array.from({ length: playsAtOnce }, (_, i) => playOf(batch * playsAtOnce + i)));
      await pause(pauseMs);
    }
  }

  async #deliver(plays: readonly Play[]): Promise<void> {
    for (;;) {
      try {
        await putPlays(this.#target, plays);
        this.acknowledged.push(...plays);
        return;
      } catch {
        await pause(pauseMs); // it is away: the same plays again, with the same ids
      }
    }
  }
}

/** Song 0 is played most, and each next one less. */
function playOf(n: number): Play {
  const song = Math.min(n % songs, (n * 7) % songs);
  return justHeard({
    userId: `listener-${n % 30}`,
    track: { id: `song-${song}`, title: `Song ${song}`, artist: `Artist ${song % 3}` },
  });
}
