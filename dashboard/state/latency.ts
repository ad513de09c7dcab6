import type { ServerMessage } from "#src/wire/push-protocol.ts";
import { Store } from "./store.ts";

/** So many of the newest plays are measured. */
const keptSamples = 200;

/** From a play's arrival at the server to the frame that shows it; the newest plays, ms. */
export class Latency {
  readonly samples = new Store<readonly number[]>([]);
  readonly #now: () => number;

  /** @param now the server's time, epoch ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Of plays that come while the page is seen; a snapshot's are old when they come. */
  measure(message: ServerMessage): void {
    if (message.type !== "delta" || message.channel !== "plays.recent" || document.hidden) return;
    const arrivals = message.enter.map(({ arrived_at }) => arrived_at);
    afterNextFrame(() => {
      const paintedAt = this.#now();
      const delays = arrivals.map((arrivedAt) => paintedAt - arrivedAt);
      this.samples.set([...this.samples.value, ...delays].slice(-keptSamples));
    });
  }
}

/** A message posted from within a frame is delivered once the frame is done. */
function afterNextFrame(task: () => void): void {
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = task;
    port2.postMessage(undefined);
  });
}
