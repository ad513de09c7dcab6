import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Runtime, type RuntimeOptions } from "#local/runtime.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import { type ConnectionState, PushClient, type PushClientOptions } from "#src/client/push-client.ts";
import type { ChartSnapshot } from "#src/wire/push-protocol.ts";
import { until } from "#test/support/until.ts";

let dir = "";
let runtime: Runtime;
let client: PushClient;
let states: ConnectionState[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "earworm-push-client-"));
  states = [];
});

afterEach(async () => {
  client.close();
  await runtime.close();
  rmSync(dir, { recursive: true });
});

async function start(options: Partial<RuntimeOptions> = {}): Promise<void> {
  runtime = await Runtime.start({
    ...{ dataDir: dir, port: 0, kinesisPort: 0, shards: 1, tickMs: 50, fsync: false },
    ...{ simulate: 200, logger: new MemoryLogger(), ...options },
  });
}

/** A client of the runtime and how often it has connected. */
function aClient(options: Partial<PushClientOptions> = {}): { readonly connections: () => number } {
  let connections = 0;
  client = new PushClient({
    url: () => {
      connections += 1;
      return `ws://127.0.0.1:${runtime.port}/ws`;
    },
    onState: (state) => states.push(state),
    ...options,
  });
  return { connections: () => connections };
}

/** The best of all time by HTTP, and as of which epoch. */
async function chartByHttp(): Promise<readonly (readonly [string, number])[]> {
  const response = await fetch(`http://127.0.0.1:${runtime.port}/charts/songs?window=all&limit=20`);
  const { entries } = (await response.json()) as { entries: { id: string; plays: number }[] };
  return entries.map(({ id, plays }) => [id, plays] as const);
}

describe("a client of the embedded runtime", () => {
  test("hands over before its connection ends, and misses and repeats no version", async () => {
    await start({ connectionLifeMs: 1500 });
    const { connections } = aClient({ connectionLifeMs: 1000 });
    const shown: ChartSnapshot[] = [];
    client.subscribe("songs.all", (held) => shown.push(held));
    client.start();

    await until("a third hand-over", async () => connections() >= 4, 20_000);

    expect(states).toEqual(["connecting", "live"]);
    const seqs = shown.map(({ seq }) => seq).filter((seq) => seq > 0);
    expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
    expect(seqs.length).toBeGreaterThan(20);
  });

  test("a connection that the server ends is replaced, and what was held goes on", async () => {
    await start({ connectionLifeMs: 700 });
    const { connections } = aClient({ connectionLifeMs: Number.POSITIVE_INFINITY });
    let held: ChartSnapshot | undefined;
    client.subscribe("songs.all", (next) => {
      held = next;
    });
    client.start();

    await until("another connection", async () => connections() >= 2 && states.at(-1) === "live");

    expect(states.slice(0, 4)).toEqual(["connecting", "live", "reconnecting", "live"]);
    await until("the same chart", async () => {
      const byHttp = await chartByHttp();
      const pushed = held?.entries.slice(0, 20).map(({ id, plays }) => [id, plays]);
      return byHttp.length > 0 && JSON.stringify(byHttp) === JSON.stringify(pushed);
    });
  });

  test("knows the server's clock", async () => {
    await start();
    aClient({ clock: () => Date.now() - 60_000 });
    client.start();

    await until("a pong", async () => client.clockOffsetMs !== 0);

    expect(Math.abs(client.clockOffsetMs - 60_000)).toBeLessThan(1000);
  });
});
