import { RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { type IAccessLogSettings, LogGroupLogDestination } from "aws-cdk-lib/aws-apigatewayv2";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Settings } from "../settings.ts";

/**
 * What both APIs note of a request. Left out on purpose: the address and the browser (personal data), the path (it holds a
 * listener's id; the route does not) and the query (it may hold a token).
 */
const common = {
  requestId: "$context.requestId",
  time: "$context.requestTimeEpoch",
  route: "$context.routeKey",
  status: "$context.status",
  integrationLatencyMs: "$context.integrationLatency",
  error: "$context.error.message",
};

const fields = {
  http: {
    ...common,
    latencyMs: "$context.responseLatency",
    responseBytes: "$context.responseLength",
    integrationError: "$context.integrationErrorMessage",
  },
  webSocket: {
    ...common,
    event: "$context.eventType",
    connectionId: "$context.connectionId",
    tokenId: "$context.authorizer.principalId",
  },
} as const;

export interface AccessLogProps {
  readonly settings: Settings;
  readonly of: keyof typeof fields;
}

/** One line of JSON for each request of an API. */
export class AccessLog extends Construct {
  /** For the API's stage. */
  readonly stageSettings: IAccessLogSettings;

  constructor(scope: Construct, id: string, { settings, of }: AccessLogProps) {
    super(scope, id);
    const logs = new LogGroup(this, "Logs", {
      retention: settings.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stageSettings = {
      destination: new LogGroupLogDestination(logs),
      format: AccessLogFormat.custom(JSON.stringify(fields[of])),
    };
  }
}
