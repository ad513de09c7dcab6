import { setTimeout as pause } from "node:timers/promises";
import { preciseNow } from "./messages.ts";

export interface Put {
  readonly song: string;
  /** How many plays of the song were put, this one included. */
  readonly plays: number;
  /** Epoch ms with fractions, before the request was sent. */
  readonly at: number;
}

const songs = 20;
const perSecond = 20;

/** Puts plays of a few songs over HTTP, at times that know nothing of the ticks (a Poisson process). */
export class Probe {
  readonly #url: string;
  readonly #onPut: (put: Put) => void;
  readonly #plays = new Map<string, number>();
  #count = 0;
  #isStopped = false;
  #work: Promise<void> = Promise.resolve();

  /** @param onPut told before the request is sent */
  constructor(url: string, onPut: (put: Put) => void) {
    this.#url = url;
    this.#onPut = onPut;
  }

  start(): void {
    this.#work = this.#run();
  }

  /** @throws Error where the server refused a play */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await pause((-Math.log(1 - Math.random()) / perSecond) * 1000);
      await this.#put();
    }
  }

  async #put(): Promise<void> {
    const number = this.#count++;
    const song = `probe-${number % songs}`;
    const plays = (this.#plays.get(song) ?? 0) + 1;
    this.#plays.set(song, plays);
    const at = preciseNow();
    this.#onPut({ song, plays, at });
    const response = await fetch(`${this.#url}/plays`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        event_id: `probe-${process.pid}-${number}`,
        user_id: `prober-${number % 500}`,
        track: { id: song, artist: "The Probes", title: song },
        started_at: Math.floor(at),
      }),
    });
    if (!response.ok) throw new Error(`POST /plays answered ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  }
}
