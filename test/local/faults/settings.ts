const defaultRuns = 300;
const defaultSeed = 20_261_121;

function fromEnvironment(name: string, otherwise: number): number {
  const value = Number(process.env[name] ?? otherwise);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} is no positive integer`);
  return value;
}

/** How many runs over memory and SQLite together; a fifth as many on DynamoDB Local. */
export const faultRuns = fromEnvironment("EARWORM_FAULT_RUNS", defaultRuns);
export const faultSeed = fromEnvironment("EARWORM_FAULT_SEED", defaultSeed);
/** With fewer runs some kind of fault may not happen. */
export const runsForAllFaults = 150;
/** Many small steps on a busy machine take their time. */
export const faultTimeoutMs = 600_000;
