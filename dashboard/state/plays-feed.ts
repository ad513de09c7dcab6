import type { PushClient } from "#src/client/push-client.ts";
import type { RecentPlayView } from "#src/wire/recent-feed.ts";
import { mergePlays } from "../lib/play-log.ts";
import { Store } from "./store.ts";

export interface HeldPlays {
  /** Newest first; undefined until the feed has come. */
  readonly plays: readonly RecentPlayView[] | undefined;
  /** When the newest of them arrived, epoch ms. */
  readonly newestArrival: number | undefined;
}

/** The plays that came while the page is open. It follows the feed whatever view is shown, so that none is missed. */
export class PlaysFeed {
  readonly held = new Store<HeldPlays>({ plays: undefined, newestArrival: undefined });
  #storeId = "";

  constructor(push: PushClient) {
    push.subscribe("plays.recent", ({ log, entries }) => {
      const [storeId = ""] = log.split("/");
      const before = storeId === this.#storeId ? (this.held.value.plays ?? []) : [];
      this.#storeId = storeId;
      const plays = mergePlays(before, entries);
      const newestArrival = entries.reduce((newest, play) => Math.max(newest, play.arrived_at), 0);
      this.held.set({ plays, newestArrival: newestArrival || undefined });
    });
  }
}
