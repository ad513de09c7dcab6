import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Held } from "#src/client/channel-copy.ts";
import { PushClient } from "#src/client/push-client.ts";
import type { PageConfig } from "#src/config/page-config.ts";
import type { Channel } from "#src/wire/push-protocol.ts";
import type { Connection } from "../lib/connection.ts";
import { ApiClient } from "./api-client.ts";
import { Latency } from "./latency.ts";
import { socketUrl } from "./page-config.ts";
import { PlaysFeed } from "./plays-feed.ts";
import { Store } from "./store.ts";

const tokenKey = "earworm.token";

/** Everything that the views share. */
export class Page {
  readonly config: PageConfig;
  readonly connection = new Store<Connection>({ state: "connecting", heardAt: undefined });
  /** What opens listeners' data; forgotten with the tab. */
  readonly token = new Store(sessionStorage.getItem(tokenKey) ?? "");
  readonly push: PushClient;
  readonly api: ApiClient;
  readonly feed: PlaysFeed;
  readonly latency = new Latency(() => this.now());
  /** The server's time, epoch ms, once a second. */
  readonly seconds = new Store(Date.now());

  constructor(config: PageConfig) {
    this.config = config;
    this.api = new ApiClient(config.apiUrl, this.token);
    this.push = new PushClient({
      url: () => socketUrl(config, location.href, this.token.value),
      connectionLifeMs: config.connectionLifeMs,
      onState: (state) => this.connection.set({ ...this.connection.value, state }),
      onMessage: (message) => {
        this.connection.set({ ...this.connection.value, heardAt: Date.now() });
        this.latency.measure(message);
      },
    });
    this.feed = new PlaysFeed(this.push);
    this.token.subscribe((token) => {
      sessionStorage.setItem(tokenKey, token);
      if (config.webSocketAccess === "token") this.push.restart();
    });
  }

  start(): void {
    this.push.start();
    setInterval(() => this.seconds.set(this.now()), 1000);
    addEventListener("online", () => this.push.wake());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.push.wake();
    });
  }

  /** The server's time, epoch ms. */
  now(): number {
    return Date.now() + this.push.clockOffsetMs;
  }
}

export const PageContext = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error("there is no page around this component");
  return page;
}

/** What a channel shows; undefined until it has come. Only what is used is subscribed to. */
export function useChannel<C extends Channel>(channel: C): Held<C> | undefined {
  const { push } = usePage();
  const [held, setHeld] = useState<Held<C>>();
  useEffect(() => push.subscribe(channel, (next) => setHeld(() => next)), [push, channel]);
  // Another channel's list is nothing to show while this one's is on its way.
  return held?.channel === channel ? held : undefined;
}
