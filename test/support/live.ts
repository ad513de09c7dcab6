import type { APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import { createSubscribeHandler } from "#functions/ws-broadcast/subscribe-handler.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aPlay, someTime } from "./builders.ts";
import { kinesisEvent, Pipeline } from "./pipeline.ts";
import { memoryStores } from "./published.ts";

const client = "client" as ConnectionId;

/** The pipeline and a client of it: whatever arrives is one epoch that is broadcast. */
export class Live {
  now = (someTime + 1000) as EpochMs;
  readonly push = memoryStores();
  readonly pipeline = new Pipeline({ now: () => this.now });
  readonly #consume = this.pipeline.container();
  #sequence = 0;
  #epoch = 0;

  /** Plays of these songs, one each; each song has a genre of its own. */
  play(...songs: string[]): Promise<void> {
    return this.playAt(this.now - 500, ...songs);
  }

  /** @param startedAt epoch ms */
  playAt(startedAt: number, ...songs: string[]): Promise<void> {
    return this.put(
      songs.map((id) => {
        const track = { id, artist: `artist of ${id}`, title: `title of ${id}`, genre: `genre of ${id}` };
        return aPlay({ startedAt, track });
      }),
    );
  }

  /** A second passes after it. */
  async put(plays: readonly Play[]): Promise<void> {
    const records = plays.map((play) => {
      this.#sequence += 1;
      return { sequenceNumber: String(this.#sequence), data: encodePlay(play), arrivedAt: this.now };
    });
    await this.#consume(kinesisEvent(records));
    await this.run();
  }

  /** Runs what is waiting, and broadcasts the next epoch. */
  async run(): Promise<void> {
    await this.pipeline.runEpochs();
    this.#epoch += 1;
    await createBroadcastHandler(this.#deps())({ epoch: this.#epoch as EpochNumber });
    this.now = (this.now + 1000) as EpochMs;
  }

  async say(message: object): Promise<Record<string, unknown>[]> {
    const before = this.heard().length;
    const event = { requestContext: { connectionId: client }, body: JSON.stringify(message) };
    await createSubscribeHandler(this.#deps())(event as unknown as APIGatewayProxyWebsocketEventV2);
    return this.heard().slice(before);
  }

  heard(): Record<string, unknown>[] {
    return this.push.gateway.to(client);
  }

  #deps() {
    const { epochs, publications } = this.pipeline.stores;
    return { ...this.push, epochs, publications, clock: () => this.now };
  }
}
