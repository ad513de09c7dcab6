import { createHash } from "node:crypto";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { FaultLog } from "./fault-kinds.ts";
import { InjectedError } from "./invocation.ts";

/** One request in so many is refused, and as many are done and not answered. */
const oneIn = 50;

/**
 * A client of DynamoDB of which some requests fail: an adapter makes several a call. Which ones follows from what they say,
 * so that it is the same in every run, whatever is answered first.
 */
export function flakyClient(
  client: DynamoDBDocumentClient,
  salt: string,
  log: FaultLog,
  isCalm: () => boolean,
): DynamoDBDocumentClient {
  const counts = new Map<string, number>();
  const fateOf = (request: object): number => {
    const text = textOf(request);
    const count = counts.get(text) ?? 0;
    counts.set(text, count + 1);
    return createHash("sha256").update(`${salt} ${count} ${text}`).digest().readUInt32BE() % oneIn;
  };
  const send = async (command: { readonly input: object }): Promise<unknown> => {
    const fate = isCalm() ? undefined : fateOf(command);
    if (fate === 0) {
      log.note("request refused");
      throw new InjectedError("injected: request refused");
    }
    const answer = await client.send(command as never);
    if (fate !== 1) return answer;
    log.note("answer of a request lost");
    throw new InjectedError("injected: the answer of a request got lost");
  };
  return new Proxy(client, {
    get: (target, name) => (name === "send" ? send : target[name as keyof DynamoDBDocumentClient]),
  });
}

/** A request without what is random in it: the names of tables, and tokens. */
function textOf(command: object): string {
  const { input } = command as { readonly input: object };
  const text = JSON.stringify(input, (name, value) => {
    if (name === "ClientRequestToken") return undefined;
    return typeof value === "bigint" ? String(value) : value;
  });
  return command.constructor.name + text.replaceAll(/table-[\da-f-]{36}/g, "");
}
