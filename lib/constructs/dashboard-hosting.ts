import { CustomResource, Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import type { IHttpApi, WebSocketStage } from "aws-cdk-lib/aws-apigatewayv2";
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { CfnFunction } from "aws-cdk-lib/aws-lambda";
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { hostingEnv } from "#functions/hosting/env.ts";
import type { Settings } from "../settings.ts";
import { deployedPageConfig } from "./page-config.ts";
import { PageDistribution } from "./page-distribution.ts";
import { StageFunction } from "./stage-function.ts";

export interface DashboardHostingProps {
  readonly settings: Settings;
  readonly webSocket: WebSocketStage;
  readonly httpApi: IHttpApi;
}

/** The page in a bucket that only CloudFront reads, and the function that puts it there when it is deployed. */
export class DashboardHosting extends Construct {
  /** Of the page and of the HTTP API beside it. */
  readonly origin: string;

  constructor(scope: Construct, id: string, { settings, webSocket, httpApi }: DashboardHostingProps) {
    super(scope, id);
    const page = new Bucket(this, "Page", {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: RemovalPolicy.DESTROY, // any deployment fills it again
    });
    Validations.of(page).acknowledge({
      id: "AwsSolutions-S1",
      reason: "CloudFront alone reads it, and what it reads is public",
    });
    const publisher = new StageFunction(this, "Publish", {
      entry: "hosting/index.ts",
      envSpec: hostingEnv,
      env: { PAGE_BUCKET: page.bucketName },
      settings,
      timeout: Duration.minutes(2),
      afterBundling: (outputDir) => [
        `npm run --silent build:page -- --logLevel warn --emptyOutDir --outDir "${outputDir}/page"`,
      ],
      isWatched: false, // a deployment that fails says so itself
    });
    allowToPublish(publisher, page);
    const published = new CustomResource(this, "Published", {
      resourceType: "Custom::EarwormPage",
      serviceToken: publisher.fn.functionArn,
      serviceTimeout: Duration.minutes(10),
      properties: {
        // A hash of the bundle with the page in it: published again when either changes.
        Code: (publisher.fn.node.defaultChild as CfnFunction).code,
        Config: Stack.of(this).toJsonString(deployedPageConfig({ webSocketUrl: webSocket.url, ...settings })),
      },
    });
    const distribution = new PageDistribution(this, "Distribution", { page, httpApi, webSocket });
    published.node.addDependency(page);
    this.origin = `https://${distribution.distributionDomainName}`;
  }
}

function allowToPublish(publisher: StageFunction<typeof hostingEnv>, page: Bucket): void {
  const allow = (actions: string[], resource: string): void => {
    publisher.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ effect: Effect.ALLOW, actions, resources: [resource] }),
    );
  };
  allow(["s3:PutObject", "s3:DeleteObject"], page.arnForObjects("*"));
  allow(["s3:ListBucket"], page.bucketArn);
  const bucket = Stack.of(page).getLogicalId(page.node.defaultChild as CfnBucket);
  Validations.of(publisher).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${bucket}.Arn>/*]`,
    reason: "the build names the page's files; it is this bucket's only",
  });
}
