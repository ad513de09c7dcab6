/**
 * The page's policy: no inline script or style, nothing from elsewhere, no frames.
 *
 * @param connectsTo origins beside its own; 'self' covers ws:// to the same host and port
 */
export function contentSecurityPolicy(connectsTo: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src ${["'self'", ...connectsTo].join(" ")}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** What else goes with the page, and with the embedded API's answers. */
export const pageHeaders = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;
