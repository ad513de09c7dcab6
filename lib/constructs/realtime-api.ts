import { Lazy, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { type CfnApi, WebSocketApi, WebSocketStage } from "aws-cdk-lib/aws-apigatewayv2";
import { WebSocketLambdaAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { WebSocketLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { Construct, type IConstruct } from "constructs";
import {
  authorizeEnv,
  broadcastEnv,
  connectEnv,
  disconnectEnv,
  subscribeEnv,
} from "#functions/ws-broadcast/env.ts";
import type { Settings } from "../settings.ts";
import { AccessLog } from "./access-log.ts";
import { grantPartitions } from "./grant-partitions.ts";
import { StageFunction } from "./stage-function.ts";
import { StoreTable } from "./store-table.ts";

export interface RealtimeApiProps {
  readonly settings: Settings;
  /** The table that holds the charts clients subscribe to. */
  readonly counters: ITable;
}

/** The WebSocket API: who is there, what they want to see, and the function that tells them. */
export class RealtimeApi extends Construct {
  readonly connections: ITable;
  readonly stage: WebSocketStage;
  /** Sends what an epoch changed to whoever subscribed to it; the workflow's last state. */
  readonly broadcast: StageFunction<typeof broadcastEnv>;
  readonly #allowedOrigins: string[];

  constructor(scope: Construct, id: string, { settings, counters }: RealtimeApiProps) {
    super(scope, id);
    this.#allowedOrigins = [...settings.allowedOrigins];
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
      throttle: {
        rateLimit: settings.webSocketMessagesPerSecond,
        burstLimit: settings.webSocketBurst,
      },
      ...(settings.webSocketAccessLogs === "on" && {
        accessLogSettings: new AccessLog(this, "AccessLog", { settings, of: "webSocket" }).stageSettings,
      }),
    });

    Validations.of(this.connections).acknowledge({
      id: "AwsSolutions-DDB3",
      reason: "a connection lasts 2 hours at most and is worth no recovery",
    });
    Validations.of(this.stage).acknowledge({
      id: "AwsSolutions-APIG1",
      reason: "the setting webSocketAccessLogs turns it on; it takes a role in the account's own settings",
    });
    Validations.of(api).acknowledge({
      id: "AwsSolutions-APIG4",
      reason:
        "charts are public; with the setting webSocketAccess an authorizer guards $connect, the only route that has one",
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
      envSpec: connectEnv,
      env: {
        ...connectionVariables,
        // The page's distribution needs this API's address, so its own is known later.
        ALLOWED_ORIGINS: Lazy.string({ produce: () => this.#allowedOrigins.join(",") || "none" }),
      },
      settings,
    });
    const disconnect = new StageFunction(this, "Disconnect", {
      entry: "ws-broadcast/disconnect-index.ts",
      envSpec: disconnectEnv,
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

    this.connections.grant(connect, "dynamodb:UpdateItem");
    this.connections.grant(disconnect, "dynamodb:DeleteItem");
    this.connections.grant(subscribe, "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem");
    this.connections.grant(this.broadcast, "dynamodb:Query", "dynamodb:DeleteItem");
    counters.grant(subscribe, "dynamodb:GetItem", "dynamodb:Query");
    counters.grant(this.broadcast, "dynamodb:GetItem");
    for (const pusher of [subscribe, this.broadcast]) {
      this.stage.grantManagementApiAccess(pusher);
      acknowledgeConnections(pusher, this.stage);
    }
    // How its broadcasts went: totals stay out of its reach.
    grantPartitions(counters, ["BROADCAST"], this.broadcast, "dynamodb:PutItem");

    const routes = { $connect: connect, $disconnect: disconnect, $default: subscribe };
    const authorizer =
      settings.webSocketAccess === "token" ? this.#addAuthorizer({ settings, counters }) : undefined;
    for (const [route, { fn }] of Object.entries(routes)) {
      api.addRoute(route, {
        integration: new WebSocketLambdaIntegration("Integration", fn),
        ...(route === "$connect" && authorizer && { authorizer }), // API Gateway asks there only
      });
    }
  }

  /** Lets pages of an origin connect, beside those of the settings. */
  admitPagesOf(origin: string): void {
    if (!this.#allowedOrigins.includes("*")) this.#allowedOrigins.push(origin);
  }

  /** The token is in the query because a browser cannot send a header with a WebSocket's handshake. */
  #addAuthorizer({ settings, counters }: RealtimeApiProps): WebSocketLambdaAuthorizer {
    const authorize = new StageFunction(this, "Authorize", {
      entry: "ws-broadcast/authorize-index.ts",
      envSpec: authorizeEnv,
      env: { COUNTERS_TABLE: counters.tableName },
      settings,
    });
    grantPartitions(counters, ["TOKEN"], authorize, "dynamodb:GetItem");
    return new WebSocketLambdaAuthorizer("Authorizer", authorize.fn, {
      identitySource: ["route.request.querystring.token"],
    });
  }
}

/** cdk-nag names what it finds by the resource, so this is the grant's. */
function acknowledgeConnections(pusher: IConstruct, stage: WebSocketStage): void {
  const api = Stack.of(stage).getLogicalId(stage.api.node.defaultChild as CfnApi);
  const connections = `<${api}>/${stage.stageName}/*/@connections/*`;
  Validations.of(pusher).acknowledge({
    id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:${connections}]`,
    reason: "connections come and go; it is this API's and this stage's only",
  });
}
