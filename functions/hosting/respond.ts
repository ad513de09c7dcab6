import type { CloudFormationCustomResourceResponse } from "aws-lambda";

const timeoutMs = 10_000;

/**
 * Puts a response where CloudFormation waits for it. The address is signed for a body without a type.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
 *
 * @throws Error where it is not taken
 */
export async function respond(url: string, response: CloudFormationCustomResourceResponse): Promise<void> {
  const answer = await fetch(url, {
    method: "PUT",
    headers: { "content-type": "" },
    body: JSON.stringify(response),
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!answer.ok) throw new Error(`CloudFormation did not take the response: status ${answer.status}`);
}
