/** What the load asks the embedded runtime's process, and what it is told. */
export interface ServerOptions {
  readonly dataDir: string;
  readonly shards: number;
  readonly tickMs: number;
  readonly dedupeHorizonMs: number;
  readonly archive: boolean;
  /** Writes a CPU profile there at the end. */
  readonly cpuProfile?: string | undefined;
}

export type ToServer =
  | ({ readonly kind: "start" } & ServerOptions)
  /** Collects garbage, which stops the process for as long as that takes, and tells its memory. */
  | { readonly kind: "sample" }
  | { readonly kind: "end" };

export type FromServer =
  | { readonly kind: "started"; readonly port: number; readonly kinesisPort: number }
  | { readonly kind: "failed"; readonly reason: string }
  | ({ readonly kind: "sampled" } & MemorySample)
  | { readonly kind: "ended" };

/** A Node process's memory after a full collection, bytes. */
export interface MemorySample {
  readonly heapBytes: number;
  /** Buffers and typed arrays, which lie outside the heap. */
  readonly externalBytes: number;
  readonly residentBytes: number;
}
