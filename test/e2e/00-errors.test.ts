import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Cdk, cdkProblem } from "./harness/cdk.ts";
import { runCommand } from "./harness/child-process.ts";
import { describeDeployed } from "./harness/describe-deployed.ts";
import { E2eError, MissingToolError } from "./harness/e2e-error.ts";
import { identifyEndpoint } from "./harness/endpoint-check.ts";
import { freePort } from "./harness/free-port.ts";
import { startMiniStack } from "./harness/ministack.ts";
import { installPythonTools, pythonToolsFolder } from "./harness/python-tools.ts";
import { requestedTarget } from "./harness/target.ts";

const repository = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "earworm-e2e-errors-"));
const servers: Server[] = [];
const credentials = { accessKeyId: "test", secretAccessKey: "test", sessionToken: "old" };

afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

/** Something that answers every request alike; returns its address. */
async function anyServer(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What goes wrong, which must be told in one line. */
async function lineOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof E2eError))
    throw new Error("it went well, or wrong in another way", { cause: error });
  expect(error.message).not.toContain("\n");
  return error.message;
}

const identify = (endpoint: string): Promise<unknown> =>
  identifyEndpoint({ endpoint, region: "us-east-1", stage: "e2e" }, credentials);

describe("one line tells of", () => {
  test("an endpoint at which nothing listens", async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;

    expect(await lineOf(identify(endpoint))).toMatch(
      `nothing answers at AWS_ENDPOINT_URL ${endpoint} (connect ECONNREFUSED`,
    );
  });

  test("an endpoint that is not AWS", async () => {
    const endpoint = await anyServer(200, "<html>welcome</html>");

    expect(await lineOf(identify(endpoint))).toMatch(`${endpoint} does not answer as AWS does`);
  });

  test("an expired token", async () => {
    const answer = { __type: "com.amazon.coral.service#ExpiredTokenException", message: "expired" };
    const endpoint = await anyServer(400, JSON.stringify(answer));

    expect(await lineOf(identify(endpoint))).toBe(
      `the session token for ${endpoint} has expired: sign in again (aws sso login, or new AWS_SESSION_TOKEN)`,
    );
  });

  test("credentials that are refused", async () => {
    const answer = {
      __type: "com.amazon.coral.service#UnrecognizedClientException",
      message: "The security token included in the request is invalid.",
    };
    const endpoint = await anyServer(400, JSON.stringify(answer));

    expect(await lineOf(identify(endpoint))).toMatch(`${endpoint} refuses the credentials`);
  });

  test.each([
    [{ AWS_ENDPOINT_URL: "localhost:4566" }, "AWS_ENDPOINT_URL is not a URL such as"],
    [{ EARWORM_E2E_AWS: "1" }, "EARWORM_E2E_AWS=1 needs a region"],
    [{ EARWORM_E2E_AWS: "1", AWS_ENDPOINT_URL: "http://127.0.0.1:4566" }, "contradict each other"],
  ])("an environment such as %o", async (env, line) => {
    expect(await lineOf(Promise.resolve().then(() => requestedTarget(env)))).toMatch(line);
  });

  test("a port in use", async (context) => {
    context.skip(!existsSync(pythonToolsFolder()), "MiniStack is not installed on this machine");
    const port = Number(new URL(await anyServer(200, "")).port);

    expect(
      await lineOf(
        installPythonTools().then((tools) => startMiniStack(tools, join(folder, "ministack"), port)),
      ),
    ).toMatch(`port ${port} is in use`);
  });

  test("a machine without Python", async () => {
    const attempt = installPythonTools(join(folder, "none"), join(folder, "no-python"));

    expect(await lineOf(attempt)).toMatch("MiniStack needs Python, and there is no");
    await expect(attempt).rejects.toBeInstanceOf(MissingToolError);
  });

  test.each([
    ["too old", "3.8", "", "MiniStack needs Python 3.10"],
    ["without venv", "3.11", "the virtual environment was not created: ensurepip is not", "python3-venv"],
  ])("a Python %s", async (name, version, output, line) => {
    const python = join(folder, name.replace(" ", "-"));
    writeFileSync(
      python,
      `#!/bin/sh\nif [ "$1" = -c ]; then echo ${version}; else echo "${output}"; exit 1; fi\n`,
    );
    chmodSync(python, 0o755);
    const attempt = installPythonTools(join(folder, "environment"), python);

    expect(await lineOf(attempt)).toMatch(line);
    await expect(attempt).rejects.toBeInstanceOf(MissingToolError);
  });

  test.each([
    [
      "Earworm-e2e-State: SSM parameter /cdk-bootstrap/hnb659fds/version not found in aws://1/us-east-1. Has the environment been bootstrapped?",
      "the account and region are not bootstrapped: run cdk bootstrap first",
    ],
    ["ExpiredToken: The security token included in the request is expired", "the session token has expired"],
    ["Unable to resolve AWS account to use.", "there are no credentials"],
    ["error: invalid settings: tickSeconds must be", "error: invalid settings: tickSeconds must be"],
    [
      "Deploying\n❌  Earworm-e2e-State failed: it would not\nand so on",
      "Earworm-e2e-State failed: it would not",
    ],
  ])("what the CDK says at length: %s", (output, line) => {
    expect(cdkProblem(output).line).toMatch(line);
  });

  test("the whole run, before anything is deployed", async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const vitest = join(repository, "node_modules/vitest/vitest.mjs");

    const { code, stdout, stderr } = await runCommand(process.execPath, [vitest, "run", "--project", "e2e"], {
      cwd: repository,
      env: { PATH: process.env["PATH"], AWS_ENDPOINT_URL: endpoint },
      timeoutMs: 60_000,
    });

    expect(code).toBe(1);
    expect(stderr.trim()).toMatch(/^error: nothing answers at AWS_ENDPOINT_URL .+$/);
    expect(stdout).not.toContain("deploy");
  });
});

describeDeployed("an account and region without bootstrap", ({ deployment, folder: files }) => {
  const { target } = deployment;
  const elsewhere = { ...target, region: target.region === "eu-west-3" ? "eu-west-2" : "eu-west-3" };

  test("is told in one line, too", async ({ skip }) => {
    skip(target.kind === "aws", "there another region may be bootstrapped, and would be deployed to");

    await expect(new Cdk(elsewhere, files).deploy({})).rejects.toThrow(
      "cdk deploy failed: the account and region are not bootstrapped: run cdk bootstrap first",
    );
  });
});
