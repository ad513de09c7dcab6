import { beforeAll, describe, expect, test } from "vitest";
import { ApiGatewayConnectionGateway } from "#src/adapters/websocket/api-gateway-connection-gateway.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";
import { httpDouble } from "./http-double.ts";

const connection = "L0SM9cOFvHcCIhw=" as ConnectionId;

describe("ApiGatewayConnectionGateway", () => {
  beforeAll(() => {
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_REGION: "us-east-1",
    });
  });

  test("a message is posted to its connection below the stage", async () => {
    const { endpoint, requests } = await httpDouble(() => ({ body: {} }));
    const gateway = new ApiGatewayConnectionGateway(`${endpoint}/prod`);

    const outcome = await gateway.send(connection, '{"a":"日本 🎵"}');

    expect(outcome).toBe("sent");
    expect(requests.map((request) => [decodeURIComponent(request.path), request.body])).toEqual([
      [`/prod/@connections/${connection}`, '{"a":"日本 🎵"}'],
    ]);
  });

  test("a client that left is gone", async () => {
    const { endpoint } = await httpDouble(() => ({
      status: 410,
      body: { message: "gone" },
      headers: { "x-amzn-errortype": "GoneException" },
    }));

    const outcome = await new ApiGatewayConnectionGateway(endpoint).send(connection, "x");

    expect(outcome).toBe("gone");
  });

  test("a 410 without a name is gone as well", async () => {
    const { endpoint } = await httpDouble(() => ({ status: 410, body: {} }));

    const outcome = await new ApiGatewayConnectionGateway(endpoint).send(connection, "x");

    expect(outcome).toBe("gone");
  });

  test("any other failure is a StoreError that names the endpoint", async () => {
    const { endpoint } = await httpDouble(() => ({
      status: 413,
      body: { message: "too large" },
      headers: { "x-amzn-errortype": "PayloadTooLargeException" },
    }));

    const send = new ApiGatewayConnectionGateway(endpoint).send(connection, "x");

    await expect(send).rejects.toThrow(StoreError);
    await expect(send).rejects.toThrow(endpoint);
  });
});
