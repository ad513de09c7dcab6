import type { CloudFormationCustomResourceEvent, CloudFormationCustomResourceResponse } from "aws-lambda";
import type { Logger } from "#src/ports/logger.ts";
import type { PageFile, PageStore } from "#src/ports/page-store.ts";
import { inOrderOfPublication, pageFile } from "./page-file.ts";

export interface HostingDeps {
  readonly store: PageStore;
  /** The page that came with the function. */
  readonly readPage: () => Promise<readonly PageFile[]>;
  /** Tells CloudFormation how it went, at the address it gave. */
  readonly respond: (url: string, response: CloudFormationCustomResourceResponse) => Promise<void>;
  readonly logger: Logger;
}

/** There is one page in a stack, so it needs no name that could change. */
const physicalId = "page";

/**
 * A custom resource of CloudFormation: publishes the page with its `Config` as `config.json`, and removes it with the stack.
 * Files of earlier pages stay, for whoever still has one of these open.
 */
export function createHostingHandler(deps: HostingDeps) {
  return async (event: CloudFormationCustomResourceEvent): Promise<void> => {
    const { StackId, RequestId, LogicalResourceId } = event;
    const ids = { StackId, RequestId, LogicalResourceId, PhysicalResourceId: physicalId };
    const failure = await handle(deps, event).catch((error: unknown) => String(error));
    if (failure !== undefined) deps.logger.error("the page was not published", { reason: failure });
    // Without an answer CloudFormation would wait until its timeout, so what throws here is tried again by Lambda.
    await deps.respond(
      event.ResponseURL,
      failure === undefined ? { ...ids, Status: "SUCCESS" } : { ...ids, Status: "FAILED", Reason: failure },
    );
  };
}

async function handle(deps: HostingDeps, event: CloudFormationCustomResourceEvent): Promise<undefined> {
  if (event.RequestType === "Delete") await deps.store.clear();
  else await publish(deps, event.ResourceProperties["Config"]);
}

async function publish({ store, readPage, logger }: HostingDeps, config: unknown): Promise<void> {
  if (typeof config !== "string") throw new TypeError("the resource has no property Config");
  const built = await readPage();
  if (!built.some(({ path }) => path === "index.html")) throw new Error("the page has no index.html");
  const files = [...built, pageFile("config.json", new TextEncoder().encode(config))];
  for (const file of inOrderOfPublication(files)) await store.put(file);
  logger.info("the page is published", { files: files.length });
}
