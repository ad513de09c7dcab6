import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { describeCapabilities, probeCapabilities, type Support } from "../capabilities.ts";
import { type AwsCli, findAwsCli, howToGetAwsCli } from "./aws-cli.ts";
import { Cdk, type CdkContext } from "./cdk.ts";
import { DeployedSystem } from "./deployed-system.ts";
import { type Deployment, deploymentFrom, executeApiFor } from "./deployment.ts";
import { E2eError, MissingToolError } from "./e2e-error.ts";
import { createToken } from "./earworm-cli.ts";
import { identifyEndpoint } from "./endpoint-check.ts";
import { startMiniStack } from "./ministack.ts";
import { installPythonTools } from "./python-tools.ts";
import { environmentFor, ownTarget, requestedTarget, type Target } from "./target.ts";

const cacheFolder = join(import.meta.dirname, "../../../.cache");

/** Those of the stage `e2e`, written out so that every stage may be used. */
const fixedContext: CdkContext = {
  tickSeconds: 1,
  shards: 2,
  archiveSeconds: 1,
  playsPerWorker: 10,
  maxWorkerPlays: 300,
  maxWorkers: 3,
  maxEpochPlays: 50_000,
  removalPolicy: "destroy",
  allowedOrigins: "https://dashboard.example",
};

/** Everything a test file has to know; plain data. */
export interface Prepared {
  readonly deployment: Deployment;
  readonly cli: AwsCli | undefined;
  /** An operator's, which opens all of the HTTP API. */
  readonly token: string;
  readonly capabilities: readonly Support[];
  /** The context of the deploy, which a redeploy repeats. */
  readonly context: CdkContext;
  /** Where files of this run may go. */
  readonly folder: string;
}

export interface Preparation {
  readonly prepared: Prepared;
  /** Destroys the stacks if they still are there, and ends what was started. */
  end(): Promise<void>;
}

/**
 * Finds or starts the endpoint, deploys to it and asks what it can do.
 *
 * @throws MissingToolError where a tool is missing that the suite cannot install
 * @throws E2eError where the endpoint or the deployment is at fault
 */
export async function prepare(env: NodeJS.ProcessEnv = process.env): Promise<Preparation> {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, "e2e-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once("exit", removeFolder); // after Ctrl-C, say
  const undo: (() => Promise<void>)[] = [() => Promise.resolve(removeFolder())];
  const end = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const requested = requestedTarget(env);
    const target =
      requested === undefined ? await startTarget(env, folder, undo) : await identifyTarget(requested);
    await refuseExisting(target);
    const cdk = new Cdk(target, folder);
    const context = { ...fixedContext, executeApiEndpoint: executeApiFor(target) };
    // Ours ends with all that is in it. Elsewhere the last test destroys everything, unless something fails before.
    const isKept = requested === undefined || env["EARWORM_E2E_KEEP"] === "1";
    if (!isKept) undo.push(async () => void (await cdk.destroy(context)));
    const prepared = await deploy(target, cdk, context);
    return { prepared: { ...prepared, folder }, end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function startTarget(
  env: NodeJS.ProcessEnv,
  folder: string,
  undo: (() => Promise<void>)[],
): Promise<Target> {
  const tools = await installPythonTools();
  const { endpoint, stop } = await startMiniStack(tools, join(folder, "ministack"), portIn(env));
  undo.push(stop);
  const target = ownTarget(endpoint, env);
  useEnvironment(target);
  return target;
}

async function identifyTarget(requested: Omit<Target, "kind">): Promise<Target> {
  useEnvironment(requested);
  return { ...requested, kind: await identifyEndpoint(requested) };
}

/** The suite destroys what it deploys, so it must not touch what somebody else has deployed. */
async function refuseExisting({ stage, endpoint, region }: Target): Promise<void> {
  const stack = `Earworm-${stage}-State`;
  const client = new CloudFormationClient();
  const isThere = await client
    .send(new DescribeStacksCommand({ StackName: stack }))
    .then(({ Stacks }) => Stacks !== undefined && Stacks.length > 0)
    .catch((error: unknown) => {
      if (error instanceof Error && /does not exist/.test(error.message)) return false;
      throw error;
    })
    .finally(() => client.destroy());
  if (!isThere) return;
  throw new E2eError(
    `${stack} is deployed already at ${endpoint ?? `AWS in ${region}`}, and this suite destroys what it deploys: ` +
      `run npx cdk destroy --all -c stage=${stage}, or set EARWORM_E2E_STAGE to another stage`,
  );
}

function portIn({ EARWORM_E2E_PORT = "0" }: NodeJS.ProcessEnv): number {
  const port = /^\d{1,5}$/.test(EARWORM_E2E_PORT) ? Number(EARWORM_E2E_PORT) : 65_536;
  if (port > 65_535) throw new E2eError(`EARWORM_E2E_PORT is not a port: ${EARWORM_E2E_PORT}`);
  return port;
}

/** For the SDK in this process. */
function useEnvironment(target: Pick<Target, "endpoint" | "region">): void {
  const wanted = environmentFor(target);
  for (const name of Object.keys(process.env)) {
    if (name.startsWith("AWS_") && wanted[name] === undefined) delete process.env[name];
  }
  for (const [name, value] of Object.entries(wanted))
    if (/^AWS_|^NO_PROXY$/.test(name)) process.env[name] = value;
}

async function deploy(target: Target, cdk: Cdk, context: CdkContext): Promise<Omit<Prepared, "folder">> {
  const cli = await findAwsCli();
  if (cli === undefined && process.env["CI"] === "true") throw new MissingToolError(howToGetAwsCli);
  const bootstrap = await cdk.bootstrap();
  const { outputs, seconds } = await cdk.deploy(context);
  const deployment = deploymentFrom(target, outputs);
  const { text: token } = await createToken(target.stage, "--operator");
  const system = new DeployedSystem(deployment, cli, token);
  const capabilities = await probeCapabilities(system);
  system.close();
  console.log(
    [
      `${target.kind} ${target.endpoint ?? ""} ${target.region}, stage ${target.stage}`,
      `cdk bootstrap ${bootstrap.seconds} s, cdk deploy --all ${seconds} s, AWS CLI ${cli?.version ?? "none"}`,
      describeCapabilities(capabilities),
    ].join("\n"),
  );
  return { deployment, cli, token, capabilities, context };
}
