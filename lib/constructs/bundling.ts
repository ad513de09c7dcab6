/**
 * What the SDK would load where the environment has no credentials, after a dynamic import. In a Lambda it always has
 * them, so this stays out: a third of every bundle.
 */
const otherCredentials = [
  "@aws-sdk/credential-provider-http",
  "@aws-sdk/credential-provider-ini",
  "@aws-sdk/credential-provider-process",
  "@aws-sdk/credential-provider-sso",
  "@aws-sdk/credential-provider-web-identity",
  "@smithy/credential-provider-imds",
] as const;

/** How functions are bundled, in esbuild's words; `npm run bundles` measures exactly what is deployed. */
export const bundling = {
  platform: "node",
  format: "esm",
  target: "node24",
  minify: true,
  sourcemap: true,
  sourcesContent: false,
  /** The SDK's CommonJS build fails in ESM: dynamic require of "node:https". */
  mainFields: ["module", "main"],
  external: otherCredentials,
} as const;
