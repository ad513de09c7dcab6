import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The modules of a checkout of Earworm: this one, or an earlier one to hold it against. */
export async function importCheckout(root: string) {
  const load = (path: string) => import(pathToFileURL(join(root, path)).href);
  const [stores, plan, reduce, userBehavior, recommendation, commit, consume, simulator, codec, charts] =
    await Promise.all([
      load("local/stores.ts") as Promise<typeof import("#local/stores.ts")>,
      load("functions/mapreduce/plan-handler.ts") as Promise<
        typeof import("#functions/mapreduce/plan-handler.ts")
      >,
      load("functions/mapreduce/reduce-handler.ts") as Promise<
        typeof import("#functions/mapreduce/reduce-handler.ts")
      >,
      load("functions/user-behavior/handler.ts") as Promise<
        typeof import("#functions/user-behavior/handler.ts")
      >,
      load("functions/recommendation/handler.ts") as Promise<
        typeof import("#functions/recommendation/handler.ts")
      >,
      load("functions/mapreduce/commit-handler.ts") as Promise<
        typeof import("#functions/mapreduce/commit-handler.ts")
      >,
      load("functions/mapreduce/consume-handler.ts") as Promise<
        typeof import("#functions/mapreduce/consume-handler.ts")
      >,
      load("simulator/simulator.ts") as Promise<typeof import("#simulator/simulator.ts")>,
      load("src/adapters/kinesis/node-record-codec.ts") as Promise<
        typeof import("#src/adapters/kinesis/node-record-codec.ts")
      >,
      load("src/wire/chart-codec.ts") as Promise<typeof import("#src/wire/chart-codec.ts")>,
    ]);
  return {
    ...stores,
    ...plan,
    ...reduce,
    ...userBehavior,
    ...recommendation,
    ...commit,
    ...consume,
    ...simulator,
    ...codec,
    ...charts,
  };
}

export type Checkout = Awaited<ReturnType<typeof importCheckout>>;
