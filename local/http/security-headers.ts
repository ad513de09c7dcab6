import { contentSecurityPolicy, pageHeaders } from "#src/config/page-headers.ts";

/** As CloudFront sends them (lib/constructs/page-distribution.ts), without what is about HTTPS. */
export const securityHeaders = {
  "content-security-policy": contentSecurityPolicy(),
  ...pageHeaders,
} as const;
