import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ApiGatewayConnectionGateway } from "#src/adapters/websocket/api-gateway-connection-gateway.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";

const warmUp = 1000;
const measured = 4000;
const underWay = 64;

/** CPU time that one message to one connection takes the broadcaster, with the SDK, s. */
export async function measureSendCpu(frameBytes: number): Promise<number> {
  const endpoint = fork(join(import.meta.dirname, "post-endpoint.ts"), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  try {
    const [port] = (await once(endpoint, "message")) as [number];
    const gateway = new ApiGatewayConnectionGateway(`http://127.0.0.1:${port}/dev`);
    const frame = "x".repeat(frameBytes);
    await sendAll(gateway, frame, warmUp);
    const before = process.cpuUsage();
    await sendAll(gateway, frame, measured);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6 / measured;
  } finally {
    endpoint.disconnect();
  }
}

async function sendAll(gateway: ApiGatewayConnectionGateway, frame: string, messages: number): Promise<void> {
  let left = messages;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await gateway.send(`connection-${left}` as ConnectionId, frame);
  };
  await Promise.all(Array.from({ length: underWay }, lane));
}
