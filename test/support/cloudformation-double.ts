import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
}

/** A CloudFormation, until the test ends, that answers as told; its base URL. It speaks the query protocol: a form in, XML out. */
export async function aCloudFormation(answer: (stackName: string) => Answer): Promise<string> {
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    const { status = 200, type = "text/xml", body } = answer(form.get("StackName") ?? "");
    response.writeHead(status, { "content-type": type });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The answer on a stack with these outputs. */
export function describing(stackName: string, outputs: Readonly<Record<string, string>>): Answer {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return {
    body: `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>${stackName}</StackName>
      <StackStatus>UPDATE_COMPLETE</StackStatus><Outputs>${members.join("")}</Outputs></member></Stacks>
      </DescribeStacksResult></DescribeStacksResponse>`,
  };
}

export const refusing = (status: number, code: string, message: string): Answer => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>
    <RequestId>r</RequestId></ErrorResponse>`,
});
