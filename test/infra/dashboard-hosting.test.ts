import { expect, test } from "vitest";
import { httpRoutes } from "#lib/constructs/http-routes.ts";
import { contentSecurityPolicy } from "#src/config/page-headers.ts";
import { onlyOne, onlyResource, resourcesOf, statementsOf, synthesize, textOf } from "./templates.ts";

const { realtime } = synthesize("prod", { tickSeconds: 7 });

interface Behavior {
  readonly PathPattern: string;
  readonly AllowedMethods: readonly string[];
  readonly CachePolicyId: string;
  readonly OriginRequestPolicyId?: string;
  readonly ResponseHeadersPolicyId: unknown;
  readonly TargetOriginId: string;
  readonly ViewerProtocolPolicy: string;
  readonly Compress: boolean;
}

interface Origin {
  readonly Id: string;
  readonly DomainName: unknown;
  readonly OriginAccessControlId?: unknown;
  readonly S3OriginConfig?: unknown;
  readonly CustomOriginConfig?: unknown;
}

const distribution = onlyOne(realtime, "AWS::CloudFront::Distribution")["DistributionConfig"] as {
  readonly DefaultCacheBehavior: Behavior;
  readonly CacheBehaviors: readonly Behavior[];
  readonly Origins: readonly [page: Origin, api: Origin];
};
const [page, api] = distribution.Origins;

// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
const cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
const allViewerExceptHost = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

/** `<the logical id of an API>`, or the pseudo parameter. */
const nameOf = (reference: unknown): string => `<${(reference as { Ref: string }).Ref}>`;

const apiNamed = (protocol: string): string | undefined =>
  resourcesOf([realtime], "AWS::ApiGatewayV2::Api").find(
    ([, { Properties }]) => Properties["ProtocolType"] === protocol,
  )?.[0];
const hostOf = (protocol: string): string =>
  `<${apiNamed(protocol)}>.execute-api.<AWS::Region>.<AWS::URLSuffix>`;

/** As CloudFront does: the first pattern that matches has the request. */
const behaviorOf = (path: string): Behavior | undefined =>
  distribution.CacheBehaviors.find(({ PathPattern }) =>
    new RegExp(`^${PathPattern.replaceAll("*", ".*")}$`).test(path),
  );

test("CloudFront alone reads the page's bucket, and only as this distribution", () => {
  const [bucket] = resourcesOf([realtime], "AWS::S3::Bucket").map(([id]) => id);
  const [, policy] = onlyResource(realtime, "AWS::S3::BucketPolicy");
  const statements = statementsOf(policy);
  const allowed = statements.filter(({ Effect }) => Effect === "Allow");

  expect(allowed).toEqual([
    {
      Effect: "Allow",
      Principal: { Service: "cloudfront.amazonaws.com" },
      Action: "s3:GetObject",
      Resource: { "Fn::Join": ["", [{ "Fn::GetAtt": [bucket, "Arn"] }, "/*"]] },
      Condition: { StringEquals: { "AWS:SourceArn": expect.anything() } },
    },
  ]);
  expect(page).toMatchObject({
    DomainName: { "Fn::GetAtt": [bucket, "RegionalDomainName"] },
    OriginAccessControlId: expect.anything(),
    S3OriginConfig: { OriginAccessIdentity: "" },
  });
  expect(onlyOne(realtime, "AWS::CloudFront::OriginAccessControl")).toMatchObject({
    OriginAccessControlConfig: { SigningBehavior: "always", SigningProtocol: "sigv4" },
  });
});

test("names that CloudFront shares among regions hold the region", () => {
  const access = onlyOne(realtime, "AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"];
  const headers = onlyOne(realtime, "AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"];

  for (const { Name } of [access, headers] as { Name: unknown }[])
    expect(textOf(Name, nameOf)).toBe("Earworm-prod-Realtime-<AWS::Region>");
});

test.each(httpRoutes)(
  "$method $path goes through to the HTTP API, as the browser sent it",
  ({ method, path }) => {
    const behavior = behaviorOf(path.replace(/\{\w+\}/, "any"));

    expect(behavior).toMatchObject({
      TargetOriginId: api.Id,
      CachePolicyId: cachingDisabled,
      OriginRequestPolicyId: allViewerExceptHost,
      ViewerProtocolPolicy: "https-only",
    });
    expect(behavior?.AllowedMethods).toContain(method);
  },
);

test("nothing but the routes goes to the HTTP API, and only to POST plays may a body be sent", () => {
  const covered = new Set(httpRoutes.map(({ path }) => behaviorOf(path.replace(/\{\w+\}/, "any"))));
  const writing = distribution.CacheBehaviors.filter(({ AllowedMethods }) => AllowedMethods.includes("POST"));

  expect(distribution.CacheBehaviors.filter((behavior) => !covered.has(behavior))).toEqual([]);
  expect(writing.map(({ PathPattern }) => PathPattern)).toEqual(["/plays"]);
  expect(textOf(api.DomainName, nameOf)).toBe(hostOf("HTTP"));
  expect(api.CustomOriginConfig).toMatchObject({
    OriginProtocolPolicy: "https-only",
    OriginSSLProtocols: ["TLSv1.2"],
  });
});

test("everything else is the page's: compressed, by HTTPS, kept as long as the file says", () => {
  expect(distribution).toMatchObject({
    DefaultRootObject: "index.html",
    PriceClass: "PriceClass_100",
    HttpVersion: "http2and3",
  });
  expect(distribution).not.toHaveProperty("CustomErrorResponses"); // they would replace the API's answers too
  expect(distribution.DefaultCacheBehavior).toMatchObject({
    TargetOriginId: page.Id,
    AllowedMethods: ["GET", "HEAD"],
    CachePolicyId: cachingOptimized,
    Compress: true,
    ViewerProtocolPolicy: "redirect-to-https",
  });
});

test("every answer has the headers of the embedded page and HSTS; a stricter policy of the API's own stays", () => {
  const [id, { Properties }] = onlyResource(realtime, "AWS::CloudFront::ResponseHeadersPolicy");
  const { SecurityHeadersConfig: security, CustomHeadersConfig: custom } = Properties[
    "ResponseHeadersPolicyConfig"
  ] as Record<string, Record<string, unknown>>;
  const { ContentSecurityPolicy: csp, ...others } = security ?? {};
  const { ContentSecurityPolicy: text, Override } = csp as Record<string, unknown>;

  for (const behavior of [distribution.DefaultCacheBehavior, ...distribution.CacheBehaviors])
    expect(behavior.ResponseHeadersPolicyId).toEqual({ Ref: id });
  expect(textOf(text, nameOf)).toBe(contentSecurityPolicy([`wss://${hostOf("WEBSOCKET")}`]));
  expect(contentSecurityPolicy(["wss://a"])).toContain("; connect-src 'self' wss://a; ");
  expect(Override).toBe(false);
  expect(others).toEqual({
    ContentTypeOptions: { Override: true },
    FrameOptions: { FrameOption: "DENY", Override: false },
    ReferrerPolicy: { ReferrerPolicy: "no-referrer", Override: false },
    StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000, Override: false },
  });
  expect(custom).toEqual({
    Items: [
      { Header: "cross-origin-opener-policy", Value: "same-origin", Override: false },
      { Header: "cross-origin-resource-policy", Value: "same-origin", Override: false },
    ],
  });
});

test("config.json holds this stage's addresses and times", () => {
  const { Config } = onlyOne(realtime, "Custom::EarwormPage");

  expect(JSON.parse(textOf(Config, nameOf))).toEqual({
    webSocketUrl: `wss://${hostOf("WEBSOCKET")}/prod`,
    webSocketAccess: "open",
    apiUrl: "",
    connectionLifeMs: 7_200_000,
    tickMs: 7_000,
    profileTickMs: 900_000,
    simulated: false,
    stage: "prod",
  });
});

test("the page is published again when it or its configuration changes", () => {
  const published = onlyOne(realtime, "Custom::EarwormPage");
  const codes = resourcesOf([realtime], "AWS::Lambda::Function")
    .filter(([id]) => id.startsWith("HostingPublish"))
    .map(([, { Properties }]) => Properties["Code"] as { readonly S3Key: string });

  expect([published["Code"]]).toMatchObject(codes.map(({ S3Key }) => ({ s3Key: S3Key })));
  expect(published["ServiceTimeout"]).toBe("600");
});

test("the bucket goes with its stack, emptied before by what filled it", () => {
  const [bucket, { DeletionPolicy }] = onlyResource(realtime, "AWS::S3::Bucket");
  const [, { DependsOn }] = onlyResource(realtime, "Custom::EarwormPage");

  expect(DeletionPolicy).toBe("Delete");
  expect(DependsOn).toContain(bucket);
});

test("the page's address is an output", () => {
  const { Value } = realtime.findOutputs("DashboardUrl")["DashboardUrl"] as { readonly Value: unknown };

  expect(textOf(Value, (reference) => JSON.stringify(reference))).toMatch(/^https:\/\/.*DomainName/);
  expect(synthesize("prod", { dashboard: "none" }).realtime.findOutputs("DashboardUrl")).toEqual({});
});
