import { Duration, Stack, Validations } from "aws-cdk-lib";
import type { IHttpApi, IWebSocketStage } from "aws-cdk-lib/aws-apigatewayv2";
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin, S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { contentSecurityPolicy, pageHeaders } from "#src/config/page-headers.ts";
import { httpRoutes, pathPatterns } from "./http-routes.ts";

export interface PageDistributionProps {
  /** What is at every path that is none of the HTTP API's. */
  readonly page: IBucket;
  readonly httpApi: IHttpApi;
  /** The only other address that the page may connect to. */
  readonly webSocket: IWebSocketStage;
}

/** The page and the HTTP API at one origin, so that neither needs to know of the other, nor the browser of CORS. */
export class PageDistribution extends Distribution {
  constructor(scope: Construct, id: string, { page, httpApi, webSocket }: PageDistributionProps) {
    const { stackName, region, urlSuffix } = Stack.of(scope);
    const globalName = `${stackName}-${region}`; // CloudFront's names are the account's, of all regions
    const hostOf = (apiId: string): string => `${apiId}.execute-api.${region}.${urlSuffix}`;
    const common = {
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      compress: true,
      responseHeadersPolicy: addHeaders(scope, globalName, `wss://${hostOf(webSocket.api.apiId)}`),
    } as const;
    const api = new HttpOrigin(hostOf(httpApi.apiId), { protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY });
    const apiBehavior = (writes: boolean): BehaviorOptions => ({
      ...common,
      origin: api,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY, // a token that was sent without TLS is to fail, not to work
      allowedMethods: writes ? AllowedMethods.ALLOW_ALL : AllowedMethods.ALLOW_GET_HEAD,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER, // Authorization is among them
    });
    super(scope, id, {
      comment: `The page of ${stackName}`,
      defaultRootObject: "index.html",
      defaultBehavior: {
        ...common,
        origin: S3BucketOrigin.withOriginAccessControl(page, {
          originAccessControl: new S3OriginAccessControl(scope, "Access", {
            originAccessControlName: globalName,
          }),
        }),
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
        cachePolicy: CachePolicy.CACHING_OPTIMIZED, // as long as the files say; "no-cache" is a second
      },
      additionalBehaviors: Object.fromEntries(
        [...pathPatterns(httpRoutes)].map(([pattern, { writes }]) => [pattern, apiBehavior(writes)]),
      ),
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
    });
    this.#acknowledge();
  }

  #acknowledge(): void {
    Validations.of(this).acknowledge(
      { id: "AwsSolutions-CFR1", reason: "charts are public everywhere" },
      {
        id: "AwsSolutions-CFR2",
        reason:
          "a WAF costs $5 a month and more before the first request; docs/security.md says what stands instead",
      },
      {
        id: "AwsSolutions-CFR3",
        reason: "its log would hold addresses, and paths with listeners' ids; the API has a log without them",
      },
      {
        id: "AwsSolutions-CFR4",
        reason:
          "the certificate of *.cloudfront.net allows no choice; a domain of one's own takes TLSv1.2_2021",
      },
    );
  }
}

/** The API's answers have headers of their own, which stay; those that API Gateway gives itself get these. */
function addHeaders(scope: Construct, name: string, webSocketOrigin: string): ResponseHeadersPolicy {
  const override = false;
  const { "x-content-type-options": _nosniff, "referrer-policy": _referrer, ...customHeaders } = pageHeaders;
  return new ResponseHeadersPolicy(scope, "Headers", {
    responseHeadersPolicyName: name,
    securityHeadersBehavior: {
      contentSecurityPolicy: {
        contentSecurityPolicy: contentSecurityPolicy([webSocketOrigin]),
        override,
      },
      contentTypeOptions: { override: true }, // the only choice
      frameOptions: { frameOption: HeadersFrameOption.DENY, override },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override },
      strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override },
    },
    customHeadersBehavior: {
      customHeaders: Object.entries(customHeaders).map(([header, value]) => ({ header, value, override })),
    },
  });
}
