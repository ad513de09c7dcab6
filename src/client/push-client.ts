import { maxSubscriptions } from "#src/wire/push-limits.ts";
import type { Channel, PongMessage, ProtocolError, ServerMessage } from "#src/wire/push-protocol.ts";
import { backoffMs } from "./backoff.ts";
import { ChannelCopy, type Held, type Snapshot } from "./channel-copy.ts";
import { type ClientEnvironment, globalEnvironment } from "./client-environment.ts";
import { Connection } from "./connection.ts";

export type ConnectionState = "connecting" | "live" | "reconnecting";

export interface PushClientOptions extends ClientEnvironment {
  /** `ws:` or `wss:`; a function is asked before each connection. */
  readonly url: string | (() => string);
  /** Under the 10 minutes of silence after which API Gateway closes a connection. @default 240_000 */
  readonly pingEveryMs?: number;
  /**
   * How long the server lets a connection live, ms. Before that a new one takes over; `Infinity` for never.
   * @default 7_200_000
   */
  readonly connectionLifeMs?: number;
  readonly onState?: (state: ConnectionState) => void;
  readonly onError?: (error: ProtocolError) => void;
  /** Every message as it came. */
  readonly onMessage?: (message: ServerMessage) => void;
}

interface Subscription {
  readonly copy: ChannelCopy;
  readonly listeners: Set<(held: Snapshot) => void>;
  /** Runs while there is no listener. */
  lingerTimer: unknown;
  /** Whether it may be handled before the unsubscriptions that made room for it, and then be refused. */
  mayOvertake: boolean;
}

const defaultLifeMs = 7_200_000;
/** The old connection stays so long after a hand-over, ms: a broadcast may have read who listens just before it. */
const overlapMs = 2_000;
/**
 * A channel without listeners stays so long, ms. A page that draws itself anew, or goes back at once, then sends nothing; and
 * API Gateway, which handles a connection's messages side by side, cannot swap an unsubscription with the next subscription.
 */
const lingerMs = 1_000;

/**
 * Keeps a WebSocket open and the subscribed channels current (src/wire/push-protocol.ts, docs/protocol.md), in a browser
 * and in Node. What is lost or comes twice, out of order or from another store is sorted out here: a listener is told each
 * newer version once.
 */
export class PushClient {
  readonly #options: PushClientOptions;
  readonly #world: Required<ClientEnvironment>;
  readonly #subscriptions = new Map<Channel, Subscription>();
  #state: ConnectionState | undefined;
  #current: Connection | undefined;
  /** The one that is to take over. */
  #next: Connection | undefined;
  /** The one that was taken over from. */
  #leaving: Connection | undefined;
  #failures = 0;
  #retryTimer: unknown;
  #handOverTimer: unknown;
  #overlapTimer: unknown;
  #clockOffsetMs = 0;

  constructor(options: PushClientOptions) {
    this.#options = options;
    this.#world = { ...globalEnvironment(), ...definedOf(options) };
  }

  /** The server's clock minus ours, ms; 0 before the first pong. */
  get clockOffsetMs(): number {
    return this.#clockOffsetMs;
  }

  /** @throws SyntaxError where the address is none of a WebSocket */
  start(): void {
    if (this.#state !== undefined) return;
    this.#tell("connecting");
    this.#connect();
  }

  close(): void {
    this.#state = undefined;
    for (const timer of [this.#retryTimer, this.#handOverTimer, this.#overlapTimer]) {
      this.#world.clearTimer(timer);
    }
    for (const connection of this.#connections()) connection.close();
    this.#current = this.#next = this.#leaving = undefined;
    this.#leaveUnheard();
  }

  /** Connects anew, as with another address; what is held and subscribed stays. */
  restart(): void {
    this.close();
    this.#failures = 0;
    this.start();
  }

  /**
   * Tells the listener what the channel shows: at once where that is known, and with every newer version. Listeners of a
   * channel share one subscription.
   *
   * @returns ends it; a second after the last one went the channel is unsubscribed
   */
  subscribe<C extends Channel>(channel: C, listener: (held: Held<C>) => void): () => void {
    const own = (held: Snapshot) => listener(held as Held<C>);
    let subscription = this.#subscriptions.get(channel);
    if (subscription === undefined) {
      const isFull = this.#subscriptions.size >= maxSubscriptions; // the server refuses what is too much
      if (isFull) this.#leaveUnheard();
      subscription = {
        copy: new ChannelCopy(),
        listeners: new Set(),
        mayOvertake: isFull,
        lingerTimer: undefined,
      };
      this.#subscriptions.set(channel, subscription);
      for (const connection of this.#connections()) connection.ask(channel, undefined);
    }
    this.#world.clearTimer(subscription.lingerTimer);
    subscription.listeners.add(own);
    if (subscription.copy.held !== undefined) own(subscription.copy.held);
    return () => {
      if (!subscription.listeners.delete(own) || subscription.listeners.size > 0) return;
      subscription.lingerTimer = this.#world.setTimer(() => this.#leave(channel), lingerMs);
    };
  }

  /** The network came back, the laptop woke up, the page is shown again: look now and not at the next attempt or ping. */
  wake(): void {
    if (this.#state === undefined) return;
    if (this.#current === undefined) this.#connect();
    else this.#current.ping();
  }

  /** Channels without listeners go at once. */
  #leaveUnheard(): void {
    for (const [channel, { listeners, lingerTimer }] of [...this.#subscriptions]) {
      if (listeners.size > 0) continue;
      this.#world.clearTimer(lingerTimer);
      this.#leave(channel);
    }
  }

  #leave(channel: Channel): void {
    this.#subscriptions.delete(channel);
    for (const connection of this.#connections()) connection.leave(channel);
    this.#takeOverIfSettled();
  }

  #connections(): Connection[] {
    return [this.#current, this.#next, this.#leaving].filter((each) => each !== undefined);
  }

  #connect(): void {
    this.#world.clearTimer(this.#retryTimer);
    this.#current = this.#open();
  }

  #open(): Connection {
    const { url, pingEveryMs = 240_000 } = this.#options;
    const connection = new Connection(
      typeof url === "string" ? url : url(),
      { ...this.#world, pingEveryMs },
      {
        onOpen: () => this.#opened(connection),
        onMessage: (message) => this.#receive(connection, message),
        onUnanswered: (channel) => this.#ask(connection, channel),
        onLost: () => this.#lost(connection),
      },
    );
    return connection;
  }

  #opened(connection: Connection): void {
    for (const channel of this.#subscriptions.keys()) this.#ask(connection, channel);
    if (connection === this.#current) this.#goLive();
    else this.#takeOverIfSettled();
  }

  #goLive(): void {
    this.#tell("live");
    const lifeMs = this.#options.connectionLifeMs ?? defaultLifeMs;
    // Some earlier, some later, so that clients that came in one moment do not all come again in one.
    if (Number.isFinite(lifeMs)) this.#handOverIn(lifeMs * (0.85 + this.#world.random() / 10));
  }

  #handOverIn(afterMs: number): void {
    this.#world.clearTimer(this.#handOverTimer);
    this.#handOverTimer = this.#world.setTimer(() => {
      this.#next = this.#open();
    }, afterMs);
  }

  #takeOverIfSettled(): void {
    if (this.#next?.isSettled !== true) return;
    this.#leaving?.close();
    this.#leaving = this.#current;
    this.#overlapTimer = this.#world.setTimer(() => {
      this.#leaving?.close();
      this.#leaving = undefined;
    }, overlapMs);
    this.#current = this.#next;
    this.#next = undefined;
    this.#goLive();
  }

  #lost(connection: Connection): void {
    if (connection === this.#leaving) this.#leaving = undefined;
    if (connection === this.#next) {
      this.#next = undefined;
      this.#handOverIn(this.#waitMs());
    }
    if (connection === this.#current) this.#replace();
  }

  /** The connection broke: the one that was to take over does so now, or there is another attempt after a while. */
  #replace(): void {
    this.#world.clearTimer(this.#handOverTimer);
    this.#current = this.#next;
    this.#next = undefined;
    if (this.#current?.isOpen === true) {
      this.#goLive();
      return;
    }
    this.#tell("reconnecting");
    if (this.#current === undefined) {
      this.#retryTimer = this.#world.setTimer(() => this.#connect(), this.#waitMs());
    }
  }

  #waitMs(): number {
    const waitMs = backoffMs(this.#failures, this.#world.random());
    this.#failures += 1;
    return waitMs;
  }

  #receive(connection: Connection, message: ServerMessage): void {
    this.#failures = 0; // it opened, and somebody answers
    this.#options.onMessage?.(message);
    if (message.type === "pong") this.#catchUp(connection, message);
    else if (message.type === "error") this.#refused(connection, message);
    else this.#take(connection, message);
    this.#takeOverIfSettled();
  }

  #take(connection: Connection, message: Exclude<ServerMessage, { type: "pong" | "error" }>): void {
    const { channel } = message;
    const subscription = this.#subscriptions.get(channel);
    if (subscription === undefined) return;
    const { copy, listeners } = subscription;
    // Read before the store's first epoch, and overtaken by that epoch's broadcast.
    const isOvertaken = message.epoch === 0 && connection.hasHeardOfEpoch && copy.held !== undefined;
    const isNews = !isOvertaken && copy.take(message);
    if (!copy.isBehind) connection.answered(channel);
    else if (!connection.isAsked(channel)) this.#ask(connection, channel);
    if (!isNews || copy.held === undefined) return;
    for (const listener of [...listeners]) listener(copy.held);
  }

  #refused(connection: Connection, { reason, message, channel }: ProtocolError): void {
    const subscription = channel && this.#subscriptions.get(channel);
    if (subscription?.mayOvertake === true && reason === "too_many_subscriptions") {
      subscription.mayOvertake = false; // it still counts as not answered, and is asked again
      return;
    }
    if (channel !== undefined) connection.answered(channel);
    this.#options.onError?.({ reason, message, ...(channel !== undefined && { channel }) });
  }

  /** A broadcast may be lost, and so may a subscription: the pong shows it. */
  #catchUp(connection: Connection, { channels }: PongMessage): void {
    this.#clockOffsetMs = connection.clockOffsetMs;
    for (const [channel, { copy }] of this.#subscriptions) {
      const newest = channels[channel];
      const held = copy.version;
      const isCurrent = newest !== undefined && newest.log === held?.log && newest.seq <= held.seq;
      if (!isCurrent && !connection.isAsked(channel)) this.#ask(connection, channel);
    }
  }

  #ask(connection: Connection, channel: Channel): void {
    const subscription = this.#subscriptions.get(channel);
    if (subscription !== undefined) connection.ask(channel, subscription.copy.version);
  }

  #tell(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}

/** Of the options what is the world's; a key that is undefined must not hide a default. */
function definedOf({ WebSocket, clock, random, setTimer, clearTimer }: ClientEnvironment): ClientEnvironment {
  return {
    ...(WebSocket && { WebSocket }),
    ...(clock && { clock }),
    ...(random && { random }),
    ...(setTimer && { setTimer }),
    ...(clearTimer && { clearTimer }),
  };
}
