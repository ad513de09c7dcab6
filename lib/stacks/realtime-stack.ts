import { CfnOutput, Stack } from "aws-cdk-lib";
import type { IHttpApi, IWebSocketStage } from "aws-cdk-lib/aws-apigatewayv2";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { DashboardHosting } from "../constructs/dashboard-hosting.ts";
import { PublicHttpApi } from "../constructs/public-http-api.ts";
import { RealtimeApi } from "../constructs/realtime-api.ts";
import type { Settings } from "../settings.ts";

export interface RealtimeStackProps {
  readonly settings: Settings;
  readonly plays: IStream;
  readonly segments: ITable;
  readonly counters: ITable;
}

/** What clients talk to. Its URLs live as long as it does, so the pipeline can be replaced without changing them. */
export class RealtimeStack extends Stack {
  /** Sends what an epoch changed to whoever subscribed to it. */
  readonly broadcast: IFunction;
  readonly connections: ITable;
  readonly httpApi: IHttpApi;
  readonly webSocket: IWebSocketStage;

  constructor(scope: Construct, id: string, props: RealtimeStackProps) {
    super(scope, id, { description: "Earworm: the WebSocket and HTTP APIs, and the page" });
    const realtime = new RealtimeApi(this, "Realtime", props);
    const http = new PublicHttpApi(this, "Http", props);
    this.broadcast = realtime.broadcast.fn;
    this.connections = realtime.connections;
    this.httpApi = http.api;
    this.webSocket = realtime.stage;
    new CfnOutput(this, "HttpApiUrl", { value: http.api.apiEndpoint });
    new CfnOutput(this, "WebSocketUrl", { value: realtime.stage.url });
    new CfnOutput(this, "ConnectionsTableName", { value: realtime.connections.tableName });
    if (props.settings.dashboard === "cloudfront") this.#addDashboard(props.settings, realtime, http);
  }

  #addDashboard(settings: Settings, realtime: RealtimeApi, http: PublicHttpApi): void {
    const { origin } = new DashboardHosting(this, "Hosting", {
      settings,
      webSocket: realtime.stage,
      httpApi: http.api,
    });
    realtime.admitPagesOf(origin);
    new CfnOutput(this, "DashboardUrl", { value: origin });
  }
}
