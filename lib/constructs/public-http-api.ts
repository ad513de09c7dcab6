import { HttpApi, HttpMethod, PayloadFormatVersion } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import { Construct } from "constructs";
import { apiEnv } from "#functions/api/env.ts";
import type { Settings } from "../settings.ts";
import { StageFunction } from "./stage-function.ts";

export interface PublicHttpApiProps {
  readonly settings: Settings;
  readonly plays: IStream;
  readonly segments: ITable;
  readonly counters: ITable;
}

const routes = [
  [HttpMethod.POST, "/plays"],
  [HttpMethod.GET, "/plays/recent"],
  [HttpMethod.GET, "/charts/{list}"],
  [HttpMethod.GET, "/users/{id}"],
  [HttpMethod.GET, "/users/{id}/recommendations"],
  [HttpMethod.GET, "/stats"],
  [HttpMethod.GET, "/health"],
] as const;

/** The HTTP API: plays in, and charts, listeners and recommendations out. */
export class PublicHttpApi extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: PublicHttpApiProps) {
    super(scope, id);
    const { settings, plays, segments, counters } = props;
    const api = new StageFunction(this, "Function", {
      entry: "api/index.ts",
      envSpec: apiEnv,
      env: {
        STREAM_NAME: plays.streamName,
        SEGMENTS_TABLE: segments.tableName,
        COUNTERS_TABLE: counters.tableName,
      },
      settings,
    });
    plays.grant(api, "kinesis:PutRecord", "kinesis:PutRecords");
    segments.grant(api, "dynamodb:GetItem", "dynamodb:Query");
    counters.grant(api, "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query");

    this.api = new HttpApi(this, "Api");
    const integration = new HttpLambdaIntegration("Integration", api.fn, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    });
    for (const [method, path] of routes) this.api.addRoutes({ path, methods: [method], integration });
  }
}
