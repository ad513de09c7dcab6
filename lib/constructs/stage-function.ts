import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { type IGrantable, type IPrincipal, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { LogLevel, NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { EnvSpec } from "#src/config/env.ts";
import type { Settings } from "../settings.ts";

const repository = `${import.meta.dirname}/../..`;

export interface StageFunctionProps<Spec extends EnvSpec> {
  /** File under `functions/` that exports `handler`, e.g. `mapreduce/consume-index.ts`. */
  readonly entry: `${string}index.ts`;
  /** What the function declares in its stage's `env.ts`. */
  readonly envSpec: Spec;
  /** One value for each variable in `envSpec`; a missing one does not compile. */
  readonly env: Readonly<Record<keyof NoInfer<Spec> & string, string>>;
  readonly settings: Settings;
  /** Whether it mostly waits or mostly computes. @default "light" */
  readonly work?: "light" | "heavy";
  /** @default 20 s, below API Gateway's 29 */
  readonly timeout?: Duration;
}

/** A Lambda with this project's runtime, bundling, logs and traces. It may do nothing until it is granted. */
export class StageFunction<Spec extends EnvSpec> extends Construct implements IGrantable {
  readonly fn: NodejsFunction;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: StageFunctionProps<Spec>) {
    super(scope, id);
    const { settings } = props;
    const logGroup = new LogGroup(this, "Logs", {
      retention: settings.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role of its own instead of AWSLambdaBasicExecutionRole, which may write to every log group.
    const role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    logGroup.grantWrite(role);
    this.grantPrincipal = role;
    this.fn = new NodejsFunction(this, "Fn", {
      entry: `${repository}/functions/${props.entry}`,
      projectRoot: repository,
      depsLockFilePath: `${repository}/package-lock.json`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.work === "heavy" ? settings.heavyMemoryMb : settings.lightMemoryMb,
      timeout: props.timeout ?? Duration.seconds(20),
      tracing: Tracing.ACTIVE,
      role,
      logGroup,
      environment: {
        ...props.env,
        NODE_OPTIONS: "--enable-source-maps",
        POWERTOOLS_SERVICE_NAME: serviceName(props.entry),
        POWERTOOLS_METRICS_NAMESPACE: "Earworm",
        POWERTOOLS_LOG_LEVEL: settings.logLevel,
      },
      awsSdkConnectionReuse: false, // sets a variable that only version 2 of the SDK reads
      bundling: {
        format: OutputFormat.ESM,
        target: "node24",
        minify: true,
        sourceMap: true,
        sourcesContent: false,
        logLevel: LogLevel.WARNING,
        bundleAwsSDK: true, // the tested version runs, not the runtime's, and it starts faster
        mainFields: ["module", "main"], // the SDK's CommonJS build fails in ESM: dynamic require of "node:https"
      },
    });
  }
}

/** `mapreduce/consume-index.ts` is the service `mapreduce-consume`. */
const serviceName = (entry: string): string => entry.replace(/[-/]index[.]ts$/, "").replace("/", "-");
