import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { Metric, type MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import { type IGrantable, type IPrincipal, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { LogLevel, NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct, type IConstruct } from "constructs";
import type { EnvSpec } from "#src/config/env.ts";
import type { Settings } from "../settings.ts";
import { bundling } from "./bundling.ts";

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
  /** @default as `work` has it */
  readonly memoryMb?: number;
  /** @default 20 s, below API Gateway's 29 */
  readonly timeout?: Duration;
  /** Shell commands that put files beside the bundle, in `outputDir`. @default none */
  readonly afterBundling?: (outputDir: string) => readonly string[];
  /** Whether alarms and the operations dashboard are about it: not what only deployments call. @default true */
  readonly isWatched?: boolean;
}

/** A Lambda with this project's runtime, bundling, logs and traces. It may do nothing until it is granted. */
export class StageFunction<Spec extends EnvSpec> extends Construct implements IGrantable {
  readonly fn: NodejsFunction;
  readonly grantPrincipal: IPrincipal;
  /** What its log lines and metrics call it: `mapreduce-consume` for `mapreduce/consume-index.ts`. */
  readonly service: string;
  readonly isWatched: boolean;
  readonly #namespace: string;

  constructor(scope: Construct, id: string, props: StageFunctionProps<Spec>) {
    super(scope, id);
    const { settings, afterBundling = () => [] } = props;
    this.service = serviceName(props.entry);
    this.isWatched = props.isWatched ?? true;
    this.#namespace = `Earworm/${settings.stage}`; // stages may share an account, and alarms must not
    const logGroup = new LogGroup(this, "Logs", {
      retention: settings.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role of its own instead of AWSLambdaBasicExecutionRole, which may write to every log group.
    const role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    logGroup.grantWrite(role);
    this.grantPrincipal = role;
    Validations.of(role).acknowledge({
      id: "AwsSolutions-IAM5[Resource::*]",
      reason:
        "X-Ray has no resources; test/infra/functions.test.ts lists every action that is allowed on all",
    });
    this.fn = new NodejsFunction(this, "Fn", {
      entry: `${repository}/functions/${props.entry}`,
      projectRoot: repository,
      depsLockFilePath: `${repository}/package-lock.json`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize:
        props.memoryMb ?? (props.work === "heavy" ? settings.heavyMemoryMb : settings.lightMemoryMb),
      timeout: props.timeout ?? Duration.seconds(20),
      tracing: Tracing.ACTIVE,
      role,
      logGroup,
      environment: {
        ...props.env,
        NODE_OPTIONS: "--enable-source-maps",
        POWERTOOLS_SERVICE_NAME: this.service,
        POWERTOOLS_METRICS_NAMESPACE: this.#namespace,
        POWERTOOLS_LOG_LEVEL: settings.logLevel,
      },
      awsSdkConnectionReuse: false, // sets a variable that only version 2 of the SDK reads
      bundling: {
        format: OutputFormat.ESM,
        target: bundling.target,
        minify: bundling.minify,
        sourceMap: bundling.sourcemap,
        sourcesContent: bundling.sourcesContent,
        mainFields: [...bundling.mainFields],
        externalModules: [...bundling.external],
        logLevel: LogLevel.WARNING,
        commandHooks: {
          beforeBundling: () => [],
          beforeInstall: () => [],
          afterBundling: (_, outputDir) => [...afterBundling(outputDir)],
        },
        bundleAwsSDK: true, // the tested version runs, not the runtime's, and it starts faster
      },
    });
  }

  /** A metric that its handler records. */
  recorded(metricName: string, options: MetricOptions = {}): Metric {
    return new Metric({
      namespace: this.#namespace,
      metricName,
      dimensionsMap: { service: this.service },
      ...options,
    });
  }
}

/** Every function below the scopes that is watched, by its service name. */
export function watchedFunctionsIn(
  ...scopes: readonly IConstruct[]
): ReadonlyMap<string, StageFunction<EnvSpec>> {
  const found = scopes
    .flatMap((scope) => scope.node.findAll())
    .filter((node) => node instanceof StageFunction)
    .filter(({ isWatched }) => isWatched);
  return new Map(found.map((fn) => [fn.service, fn]));
}

const serviceName = (entry: string): string => entry.replace(/[-/]index[.]ts$/, "").replace("/", "-");
