import { RemovalPolicy } from "aws-cdk-lib";
import { WebSocketApi, WebSocketStage } from "aws-cdk-lib/aws-apigatewayv2";
import { WebSocketLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";
import { broadcastEnv, connectionEnv, subscribeEnv } from "#functions/ws-broadcast/env.ts";
import type { Settings } from "../settings.ts";
import { StageFunction } from "./stage-function.ts";
import { StoreTable } from "./store-table.ts";

export interface RealtimeApiProps {
  readonly settings: Settings;
  /** The table that holds the charts clients subscribe to. */
  readonly counters: ITable;
}

const connectionActions = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"];

/** The WebSocket API: who is there, what they want to see, and the function that tells them. */
export class RealtimeApi extends Construct {
  readonly connections: ITable;
  readonly stage: WebSocketStage;
  /** Sends what an epoch changed to whoever subscribed to it; the workflow's last state. */
  readonly broadcast: StageFunction<typeof broadcastEnv>;

  constructor(scope: Construct, id: string, { settings, counters }: RealtimeApiProps) {
    super(scope, id);
    this.connections = new StoreTable(this, "Connections", {
      expires: true,
      // A connection lasts 2 hours at most: nothing here outlives its API or is worth recovering.
      removalPolicy: RemovalPolicy.DESTROY,
      recoverable: false,
    });
    const api = new WebSocketApi(this, "Api", { routeSelectionExpression: "$request.body.action" });
    this.stage = new WebSocketStage(this, "Stage", {
      webSocketApi: api,
      stageName: settings.stage,
      autoDeploy: true,
    });

    const connectionVariables = { CONNECTIONS_TABLE: this.connections.tableName };
    const pushVariables = {
      ...connectionVariables,
      COUNTERS_TABLE: counters.tableName,
      WS_MGMT_ENDPOINT:
        settings.executeApiEndpoint === "aws"
          ? this.stage.callbackUrl
          : `${settings.executeApiEndpoint}/${api.apiId}/${this.stage.stageName}`,
    };
    const connect = new StageFunction(this, "Connect", {
      entry: "ws-broadcast/connect-index.ts",
      envSpec: connectionEnv,
      env: connectionVariables,
      settings,
    });
    const disconnect = new StageFunction(this, "Disconnect", {
      entry: "ws-broadcast/disconnect-index.ts",
      envSpec: connectionEnv,
      env: connectionVariables,
      settings,
    });
    const subscribe = new StageFunction(this, "Subscribe", {
      entry: "ws-broadcast/subscribe-index.ts",
      envSpec: subscribeEnv,
      env: pushVariables,
      settings,
    });
    this.broadcast = new StageFunction(this, "Broadcast", {
      entry: "ws-broadcast/broadcast-index.ts",
      envSpec: broadcastEnv,
      env: pushVariables,
      settings,
      work: "heavy",
    });

    this.connections.grant(connect, ...connectionActions);
    this.connections.grant(disconnect, ...connectionActions);
    this.connections.grant(subscribe, ...connectionActions);
    this.connections.grant(this.broadcast, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:DeleteItem");
    for (const pusher of [subscribe, this.broadcast]) {
      counters.grant(pusher, "dynamodb:GetItem", "dynamodb:Query");
      this.stage.grantManagementApiAccess(pusher);
    }

    const routes = { $connect: connect, $disconnect: disconnect, $default: subscribe };
    for (const [route, { fn }] of Object.entries(routes)) {
      api.addRoute(route, { integration: new WebSocketLambdaIntegration("Integration", fn) });
    }
  }
}
