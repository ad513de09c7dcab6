/** What the client needs of a WebSocket: the browser's, Node's and that of `ws` have it. */
export interface WebSocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(): void;
  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
}

/** The world around a client; tests bring their own. */
export interface ClientEnvironment {
  /** @default the global one */
  readonly WebSocket?: new (
    url: string,
  ) => WebSocketLike;
  /** Epoch ms. */
  readonly clock?: () => number;
  /** From 0 to below 1. */
  readonly random?: () => number;
  readonly setTimer?: (task: () => void, afterMs: number) => unknown;
  readonly clearTimer?: (timer: unknown) => void;
}

export const globalEnvironment = (): Required<ClientEnvironment> => ({
  WebSocket: globalThis.WebSocket,
  clock: Date.now,
  random: Math.random,
  setTimer: (task, afterMs) => setTimeout(task, afterMs),
  clearTimer: (timer) => clearTimeout(timer as Parameters<typeof clearTimeout>[0]),
});
