// The least a broadcast can do: `ws` sends one prepared text to everybody, once a tick.
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { preciseNow } from "./messages.ts";

const [tickMs = 1000, bytes = 1000] = process.argv.slice(2).map(Number);

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.once("listening", () => process.send?.({ port: (server.address() as AddressInfo).port }));

setInterval(() => {
  const head = JSON.stringify({ type: "bare", at: preciseNow(), padding: "" });
  const text = head.replace('""', `"${"x".repeat(Math.max(0, bytes - head.length))}"`);
  for (const socket of server.clients) socket.send(text);
}, tickMs);

process.once("SIGTERM", () => process.exit(0));
