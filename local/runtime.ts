import { hash } from "node:crypto";
import { createApiHandler } from "#functions/api/handler.ts";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import { createConnectHandler } from "#functions/ws-broadcast/connect-handler.ts";
import { createDisconnectHandler } from "#functions/ws-broadcast/disconnect-handler.ts";
import { createSubscribeHandler } from "#functions/ws-broadcast/subscribe-handler.ts";
import { MemoryConnectionStore } from "#src/adapters/memory/memory-connection-store.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { hourMs } from "#src/domain/windows.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { Engine, noMetrics } from "./engine.ts";
import { type HttpServer, startHttpServer } from "./http/http-server.ts";
import { LocalConnectionGateway } from "./http/local-connection-gateway.ts";
import { type KinesisServer, startKinesisServer } from "./kinesis-server.ts";
import { startSimulatedListeners } from "./simulated-listeners.ts";

export interface RuntimeOptions {
  readonly dataDir: string;
  /** HTTP, WebSocket and the page; 0 for any free port. */
  readonly port: number;
  /** The Kinesis protocol; 0 for any free port. */
  readonly kinesisPort: number;
  readonly shards: number;
  /** How often an epoch may start while plays arrive, ms. */
  readonly tickMs: number;
  /** The least time between two folds of plays into profiles, ms. @default 0: every epoch */
  readonly profileTickMs?: number;
  readonly fsync: boolean;
  /** Invented plays/s; 0 for none. */
  readonly simulate: number;
  /**
   * Whether listeners' data and adding plays over HTTP take a token, as on AWS. The WebSocket shows only what is public, so
   * it stays open, and the page works. @default false
   */
  readonly requireToken?: boolean;
  /** Whether the records are archived. @default true */
  readonly archive?: boolean;
  /** For how many days archived records are kept. @default for ever */
  readonly archiveDays?: number;
  /**
   * How far apart two arrivals of one event id may be and still be one play, ms. What reads the archive (verify, import, forget)
   * takes it for the default. @default 600000
   */
  readonly dedupeHorizonMs?: number;
  /** WebSocket connections are ended after so long, as on AWS after two hours, ms. @default never */
  readonly connectionLifeMs?: number;
  readonly logger: Logger;
}

/** Thrown where a port is taken. */
export class PortInUseError extends Error {
  override readonly name = "PortInUseError";
}

const host = "127.0.0.1";
/**
 * How much of a tick a batch of the consumer may grow for. Measured at 20,000 plays/s, tick 1 s: 50 batches a tick cost 84 us of CPU a
 * play in all, 10 take 63, 4 take 45, since each song and listener is written and read once a batch.
 */
const restShareOfTick = 0.25;
const clock = (): EpochMs => Date.now() as EpochMs;

/** Everything that AWS runs for Earworm, in one process. */
export class Runtime {
  readonly port: number;
  readonly kinesisPort: number;
  readonly #end: () => Promise<void>;

  private constructor(http: HttpServer, kinesis: KinesisServer, end: () => Promise<void>) {
    this.port = http.port;
    this.kinesisPort = kinesis.port;
    this.#end = end;
  }

  /**
   * @throws PortInUseError naming the flag, or what `Engine.open` throws
   */
  static async start(options: RuntimeOptions): Promise<Runtime> {
    const gateway = new LocalConnectionGateway();
    const connections = new MemoryConnectionStore();
    // The workflow's last task needs the engine's stores, and the engine the task.
    let broadcast: (input: never) => Promise<unknown> = () => Promise.resolve({});
    const engine = Engine.open({
      ...options,
      archive: options.archive ?? true,
      maxRestMs: options.tickMs * restShareOfTick,
      broadcast: (input) => broadcast(input),
    });
    const { epochs, publications } = engine.stores;
    broadcast = createBroadcastHandler({
      ...{ connections, publications, epochs, gateway, clock },
      ...{ logger: options.logger, metrics: noMetrics },
    });
    const started: (() => Promise<void>)[] = [() => engine.close()];
    const end = async (): Promise<void> => {
      for (const close of started.toReversed()) await close();
    };
    try {
      const push = { connections, publications, epochs, gateway };
      const http = await claimPort("--port", options.port, serveHttp(options, engine, push));
      started.push(() => http.close());
      const kinesis = await claimPort("--kinesis-port", options.kinesisPort, serveKinesis(options, engine));
      started.push(() => kinesis.close());
      await engine.start();
      if (options.simulate > 0) {
        const stop = startSimulatedListeners(engine.plays, options.simulate, options.logger);
        started.push(() => Promise.resolve(stop()));
      }
      return new Runtime(http, kinesis, end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** Stops taking plays, then finishes the batch and the run under way. Nothing acknowledged is lost. */
  close(): Promise<void> {
    return this.#end();
  }
}

interface Push {
  readonly connections: MemoryConnectionStore;
  readonly publications: PublicationStore;
  readonly epochs: EpochLog;
  readonly gateway: LocalConnectionGateway;
}

function serveHttp(options: RuntimeOptions, engine: Engine, push: Push): Promise<HttpServer> {
  const { logger, connectionLifeMs } = options;
  const api = createApiHandler({
    ...engine.stores,
    plays: engine.plays,
    access: options.requireToken === true ? engine.stores.tokens : "open",
    clock,
    sha256: (text) => hash("sha256", text, "hex"),
    logger,
    simulated: options.simulate > 0,
  });
  return startHttpServer({
    ...{ port: options.port, host, api, gateway: push.gateway, logger },
    ...(connectionLifeMs !== undefined && { connectionLifeMs }),
    pageConfig: {
      ...{ webSocketUrl: "/ws", webSocketAccess: "open", apiUrl: "", stage: "local" },
      connectionLifeMs: connectionLifeMs ?? 2 * hourMs,
      ...{
        tickMs: options.tickMs,
        profileTickMs: options.profileTickMs ?? 0,
        simulated: options.simulate > 0,
      },
    },
    websocket: {
      // The server has checked Host and Origin (origin-check.ts) before it asks.
      connect: createConnectHandler({ ...push, clock, allowedOrigins: ["*"] }),
      disconnect: createDisconnectHandler(push),
      message: createSubscribeHandler({ ...push, clock }),
    },
  });
}

function serveKinesis(options: RuntimeOptions, engine: Engine): Promise<KinesisServer> {
  return startKinesisServer({
    streams: engine.stream,
    port: options.kinesisPort,
    host,
    onError: (error) => options.logger.error("a Kinesis request failed", { reason: String(error) }),
  });
}

async function claimPort<Server>(flag: string, port: number, server: Promise<Server>): Promise<Server> {
  try {
    return await server;
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE")) throw cause;
    throw new PortInUseError(`port ${port} is in use; choose another with ${flag}`, { cause });
  }
}
