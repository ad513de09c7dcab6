import { Duration, Validations } from "aws-cdk-lib";
import {
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpStage,
  PayloadFormatVersion,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import { Construct } from "constructs";
import { apiEnv } from "#functions/api/env.ts";
import type { Settings } from "../settings.ts";
import { AccessLog } from "./access-log.ts";
import { httpRoutes } from "./http-routes.ts";
import { StageFunction } from "./stage-function.ts";

export interface PublicHttpApiProps {
  readonly settings: Settings;
  readonly plays: IStream;
  readonly segments: ITable;
  readonly counters: ITable;
}

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
    segments.grant(api, "dynamodb:Query");
    counters.grant(api, "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query");

    const { allowedOrigins } = settings;
    this.api = new HttpApi(this, "Api", {
      createDefaultStage: false, // it would have no throttle and no access log
      ...(allowedOrigins.length > 0 && {
        corsPreflight: {
          allowOrigins: [...allowedOrigins],
          allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST],
          allowHeaders: ["authorization", "content-type"],
          maxAge: Duration.hours(1),
        },
      }),
    });
    Validations.of(this.api).acknowledge({
      id: "AwsSolutions-APIG4",
      reason: "charts are public; the function asks for a token where it reads a listener or takes plays",
    });
    new HttpStage(this, "Stage", {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: settings.httpRequestsPerSecond, burstLimit: settings.httpBurst },
      accessLogSettings: new AccessLog(this, "AccessLog", { settings, of: "http" }).stageSettings,
    });
    const integration = new HttpLambdaIntegration("Integration", api.fn, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    });
    for (const { method, path } of httpRoutes)
      this.api.addRoutes({ path, methods: [HttpMethod[method]], integration });
  }
}
