import { StateMachine } from "aws-local-stepfunctions";
import type { Logger } from "#src/ports/logger.ts";
import { bindResources, resourcesByTask } from "#src/workflow/asl.ts";
import { trendingPipeline, type WorkflowResource } from "#src/workflow/trending-pipeline.ts";
import type { RunOutcome } from "./workflow-ticker.ts";

/** The handlers behind the workflow's tasks: the same functions that Lambda runs. */
export type WorkflowHandlers = Readonly<Record<WorkflowResource, (input: never) => Promise<unknown>>>;

/**
 * One process owns a data directory, so all its runs are one owner: the lease of a run that was killed is taken over at
 * once.
 */
const executionId = "embedded";

/** Executes the workflow's ASL object in this process. */
export class WorkflowRunner {
  readonly #machine: StateMachine;
  readonly #tasks: Record<string, (input: never) => Promise<unknown>>;
  readonly #logger: Logger;

  constructor(handlers: WorkflowHandlers, logger: Logger) {
    const definition = bindResources(
      trendingPipeline,
      (resource) => `arn:aws:lambda:us-east-1:000000000000:function:${resource}`,
    );
    // A test validates the definition (test/infra/pipeline-stack.test.ts); to do so at each start would take 0.3 s of CPU.
    this.#machine = new StateMachine(structuredClone(definition) as never, {
      validationOptions: { noValidate: true },
    });
    this.#tasks = bindTasks(handlers);
    this.#logger = logger;
  }

  /** One execution, from start to end. A failed one leaves its epoch open for the next and is logged, not thrown. */
  async run(): Promise<RunOutcome> {
    try {
      const execution = this.#machine.run(
        {},
        {
          overrides: { taskResourceLocalHandlers: this.#tasks as never },
          context: { Execution: { Id: executionId, StartTime: new Date().toISOString() } } as never,
        },
      );
      await execution.result;
      return "succeeded";
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#logger.error("the workflow failed; its epoch is resumed at the next tick", { reason });
      return "failed";
    }
  }
}

/** The runner wants handlers by state; the definition names resources. */
function bindTasks(handlers: WorkflowHandlers): Record<string, (input: never) => Promise<unknown>> {
  const tasks: Record<string, (input: never) => Promise<unknown>> = {};
  for (const [task, resource] of resourcesByTask(trendingPipeline)) {
    // A Lambda's answer is JSON: what is not, or is undefined, must not get through here either.
    tasks[task] = async (input) => JSON.parse(JSON.stringify((await handlers[resource](input)) ?? {}));
  }
  return tasks;
}
