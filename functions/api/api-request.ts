import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { PlayStream } from "#src/ports/play-stream.ts";
import type { ProfileStore } from "#src/ports/profile-store.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { RejectStore } from "#src/ports/reject-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import type { Caller, CallerDeps } from "./caller.ts";

export interface ApiDeps extends CallerDeps {
  readonly plays: PlayStream;
  readonly publications: PublicationStore;
  readonly counters: Pick<CounterStore, "read">;
  readonly profiles: ProfileStore;
  readonly epochs: EpochLog;
  readonly rejects: Omit<RejectStore, "write">;
  readonly segments: Pick<SegmentStore, "readHeads">;
  readonly logger: Logger;
  /** Whether the plays come from the simulator: /stats says so and the dashboard shows it. @default false */
  readonly simulated?: boolean;
}

export interface ApiRequest {
  readonly event: APIGatewayProxyEventV2;
  readonly caller: Caller;
  /** The `{...}` of the route's path. */
  readonly parameter: string;
  readonly query: Readonly<Record<string, string | undefined>>;
}
