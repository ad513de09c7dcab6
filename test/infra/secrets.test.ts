import { expect, test } from "vitest";
import { environments, listed, resourcesOf, synthesize } from "./templates.ts";

/** Everything that is optional is on. */
const { all } = synthesize("prod", {
  webSocketAccess: "token",
  webSocketAccessLogs: "on",
  allowedOrigins: ["https://a.example"],
  alarmEmails: ["ops@example.com"],
});

interface Leaf {
  readonly path: string;
  readonly text: string;
}

/** Every text of a template, with the way to it. */
function leavesOf(value: unknown, path = ""): Leaf[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, `${path}/${key}`));
}

const secretForms: readonly (readonly [name: string, form: RegExp])[] = [
  ["an access key's id", /\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b/],
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["a token of ours", /\bew_[\w-]{43}\b/],
  ["a web token", /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\./],
  ["a password in an address", /:\/\/[^/\s:@]+:[^/\s@]+@/],
  ["a secret key", /(?<![\w/+=])(?=[\w/+]*[A-Z])(?=[\w/+]*[a-z])(?=[\w/+]*\d)[\w/+]{40}(?![\w/+=])/],
];

/** What the text looks like, where it looks like a secret. */
const secretsIn = (text: string): string[] =>
  secretForms.filter(([, form]) => form.test(text)).map(([name]) => name);

test.each([
  ["AKIAIOSFODNN7EXAMPLE"],
  ["-----BEGIN RSA PRIVATE KEY-----"],
  [`ew_${"a-Z9_".repeat(8)}abc`],
  ["https://user:hunter2@example.com"],
  ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
])("the walk knows %s for a secret", (text) => {
  expect(secretsIn(text)).not.toEqual([]);
});

/** The ids that CDK makes, which are as long and mixed as a key. */
const ids = all.flatMap((template) => {
  const { Resources = {}, Outputs = {} } = template.toJSON() as Record<string, Record<string, unknown>>;
  return [...Object.keys(Outputs), ...Object.keys(Resources)];
});

const withoutIds = (text: string): string => ids.reduce((rest, id) => rest.replaceAll(id, ""), text);

test("no template holds anything that looks like a secret", () => {
  const leaves = all
    .flatMap((template) => leavesOf(template.toJSON()))
    .map(({ path, text }) => ({ path, text: withoutIds(text) }));

  expect(leaves.length).toBeGreaterThan(1_000);
  expect(leaves.flatMap(({ path, text }) => secretsIn(text).map((name) => `${path}: ${name}`))).toEqual([]);
});

test("no variable of a function is named like a secret", () => {
  for (const [service, variables] of environments(all))
    for (const name of Object.keys(variables))
      expect(name, service).not.toMatch(/SECRET|PASSW|TOKEN|CREDENTIAL|PRIVATE|(?:^|_)KEY(?:$|_)/);
});

test("no template asks for a secret when it is deployed", () => {
  for (const template of all) {
    const parameters = template.findParameters("*");
    const asked = Object.keys(parameters).filter((name) => name !== "BootstrapVersion");
    expect(asked).toEqual([]);
    expect(JSON.stringify(template.toJSON())).not.toMatch(/\{\{resolve:/);
  }
});

test("data is encrypted at rest: tables with DynamoDB's own key, the stream with the key that AWS manages", () => {
  // Always encrypted; a specification would only choose another key.
  for (const [id, { Properties }] of resourcesOf(all, "AWS::DynamoDB::Table"))
    expect(Properties, id).not.toHaveProperty("SSESpecification");
  for (const [id, { Properties }] of resourcesOf(all, "AWS::Kinesis::Stream"))
    expect(Properties["StreamEncryption"], id).toEqual({ EncryptionType: "KMS", KeyId: "alias/aws/kinesis" });
});

/** What could be reached without TLS, with the type of the policy that must forbid it. */
const reachable = {
  "AWS::S3::Bucket": "AWS::S3::BucketPolicy",
  "AWS::SNS::Topic": "AWS::SNS::TopicPolicy",
  "AWS::SQS::Queue": "AWS::SQS::QueuePolicy",
} as const;

test("what could be reached without TLS refuses it", () => {
  for (const [type, policyType] of Object.entries(reachable))
    for (const [id] of resourcesOf(all, type)) {
      const denials = resourcesOf(all, policyType)
        .filter(([, policy]) => JSON.stringify(policy.Properties).includes(`"${id}"`))
        .flatMap(([, { Properties }]) =>
          listed((Properties["PolicyDocument"] as { Statement: unknown }).Statement),
        );
      expect(denials, `${type} ${id}`).toContainEqual(
        expect.objectContaining({
          Effect: "Deny",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      );
    }
});

test("no bucket is open to the public", () => {
  const buckets = resourcesOf(all, "AWS::S3::Bucket");

  expect(buckets).toHaveLength(2);
  for (const [id, { Properties }] of buckets)
    expect(Properties["PublicAccessBlockConfiguration"], id).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
});

test("APIs are reached by HTTPS alone: no function has an address of its own, no integration goes by HTTP", () => {
  expect(resourcesOf(all, "AWS::Lambda::Url")).toEqual([]);
  for (const [id, { Properties }] of resourcesOf(all, "AWS::ApiGatewayV2::Integration"))
    expect(Properties["IntegrationType"], id).toBe("AWS_PROXY");
});
