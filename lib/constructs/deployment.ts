import type { IHttpApi, IWebSocketStage } from "aws-cdk-lib/aws-apigatewayv2";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { EnvSpec } from "#src/config/env.ts";
import type { StageFunction } from "./stage-function.ts";

/** What there is to observe. */
export interface Deployment {
  readonly plays: IStream;
  readonly segments: ITable;
  readonly counters: ITable;
  readonly connections: ITable;
  readonly stateMachine: IStateMachine;
  readonly httpApi: IHttpApi;
  readonly webSocket: IWebSocketStage;
  /** Those that are watched, by service name, such as `mapreduce-consume`. */
  readonly functions: ReadonlyMap<string, StageFunction<EnvSpec>>;
}

/** @throws Error where no function has the name */
export function functionOf({ functions }: Deployment, service: string): StageFunction<EnvSpec> {
  const found = functions.get(service);
  if (found === undefined) throw new Error(`no function ${service} in ${[...functions.keys()].join(", ")}`);
  return found;
}
