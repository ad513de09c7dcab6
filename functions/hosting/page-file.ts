import type { PageFile } from "#src/ports/page-store.ts";

const contentTypes: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
};

/** The build puts a hash of the file into its name there, so what is behind a name never changes. */
const hashedName = /^assets\/.+-[\w-]{8}\.\w+$/;

/**
 * A file as it is published: kept for a year where its name changes with its content, else asked for again each time.
 *
 * @throws RangeError where nothing is known of files with that ending: `nosniff` forbids the browser to guess
 */
export function pageFile(path: string, body: Uint8Array): PageFile {
  const contentType = contentTypes[/\.(\w+)$/.exec(path)?.[1] ?? ""];
  if (contentType === undefined) throw new RangeError(`there is no content type for ${path}`);
  const cacheControl = hashedName.test(path) ? "public, max-age=31536000, immutable" : "no-cache";
  return { path, body, contentType, cacheControl };
}

/** So that whoever gets a document finds everything it names: documents come last. */
export const inOrderOfPublication = (files: readonly PageFile[]): readonly PageFile[] =>
  files.toSorted((a, b) => Number(isDocument(a)) - Number(isDocument(b)));

const isDocument = ({ path }: PageFile): boolean => path.endsWith(".html");
