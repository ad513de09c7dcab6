import { defineConfig } from "vite";

/** The page. `local/http/dashboard-assets.ts` builds it with this too, in memory. */
export default defineConfig({
  root: "dashboard",
  // Relative, so that it may stand anywhere on a static host.
  base: "./",
  // Not what NODE_ENV says: a page built from within a test is the same.
  oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
  build: {
    outDir: "../dist/dashboard",
    emptyOutDir: true,
    target: "es2022",
    // light-dark() and the rest of the style sheets stay as they are written.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
