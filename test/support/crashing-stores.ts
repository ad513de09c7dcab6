import { StoreError } from "#src/domain/errors.ts";
import type { PipelineStores } from "./pipeline.ts";

/** Methods that return iterables; they only read. */
const iterating: ReadonlySet<string | symbol> = new Set(["list", "readRange", "readBack"]);

/** Thrown by `crashingStores`. */
export class Crash extends StoreError {}

/** Stores whose call number `at` (from 0) fails, before or after it is done; `calls` tells how many there were. */
export function crashingStores(
  stores: PipelineStores,
  at: number,
  when: "before" | "after",
): { readonly stores: PipelineStores; readonly calls: () => number } {
  let calls = 0;
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    const isIt = calls++ === at;
    if (isIt && when === "before") throw new Crash(`before call ${at}`);
    const result = await work();
    if (isIt) throw new Crash(`after call ${at}`);
    return result;
  };
  const wrap = <S extends object>(store: S): S =>
    new Proxy(store, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name, target);
        if (typeof method !== "function") return method;
        if (iterating.has(name)) return method.bind(target);
        return (...args: unknown[]) => call(() => method.apply(target, args) as Promise<unknown>);
      },
    });
  return { stores: mapStores(stores, wrap), calls: () => calls };
}

function mapStores(stores: PipelineStores, wrap: <S extends object>(store: S) => S): PipelineStores {
  const wrapped = Object.entries(stores).map(([name, store]) => [name, wrap(store)]);
  return Object.fromEntries(wrapped) as PipelineStores;
}
