/** Starts runs of the analytics workflow. */
export interface WorkflowStarter {
  /** Asks for a run; the lease in the epoch log sees to it that only one works. */
  start(): Promise<void>;
}
