import { expect, test } from "vitest";
import { callingAws } from "#cli/aws-error.ts";
import { openPlayStream } from "#cli/play-sender.ts";
import { httpDouble } from "#test/contract/http-double.ts";
import { someCredentials, withAwsEnvironment } from "#test/support/aws-environment.ts";

const record = { partitionKey: "p", data: new Uint8Array([1]) };

test("sending to AWS with an expired session is one line", async () => {
  const { endpoint } = await httpDouble(() => ({
    status: 400,
    body: {
      __type: "ExpiredTokenException",
      message: "The security token included in the request is expired",
    },
  }));
  withAwsEnvironment({ ...someCredentials, AWS_SESSION_TOKEN: "old", AWS_ENDPOINT_URL: endpoint });
  const stream = await openPlayStream("aws", "plays");

  await expect(stream.put([record])).rejects.toMatchObject({
    name: "CliError",
    message: expect.stringMatching(/^the AWS session has expired \(ExpiredTokenException\): /),
  });
});

test("sending to nobody names the endpoint", async () => {
  withAwsEnvironment({ ...someCredentials, AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
  const stream = await openPlayStream("aws", "plays");

  await expect(stream.put([record])).rejects.toMatchObject({
    message: "cannot reach Kinesis at http://127.0.0.1:1 (ECONNREFUSED)",
  });
});

test("sending to what is no Kinesis says so", async () => {
  const { endpoint } = await httpDouble(() => ({ status: 404, body: "<html>" }));
  withAwsEnvironment(someCredentials);
  const stream = await openPlayStream(endpoint, "plays");

  await expect(stream.put([record])).rejects.toMatchObject({
    message: `Kinesis at ${endpoint} did not answer as AWS does (HTTP 404): is that the endpoint?`,
  });
});

test("what the stream refuses stays what it is", async () => {
  const { endpoint } = await httpDouble(() => ({
    status: 400,
    body: { __type: "ResourceNotFoundException", message: "Stream plays not found" },
  }));
  withAwsEnvironment(someCredentials);
  const stream = await openPlayStream(endpoint, "plays");

  await expect(stream.put([record])).rejects.toMatchObject({ name: "StoreError" });
});

test("what one service answered is not taken for another's by whoever calls both", async () => {
  withAwsEnvironment({ ...someCredentials, AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
  const stream = await openPlayStream("aws", "plays");

  const both = callingAws({ service: "DynamoDB" }, () => stream.put([record]));

  await expect(both).rejects.toMatchObject({
    message: "cannot reach Kinesis at http://127.0.0.1:1 (ECONNREFUSED)",
  });
});
