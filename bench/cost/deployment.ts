import { deployedDefaults } from "./deployed-defaults.ts";
import type { StageName } from "./measure.ts";

const heavyStages: readonly StageName[] = ["consume", "reduce", "charts", "user-behavior", "broadcast"];

export const memoryMbOf = (stage: StageName): number =>
  heavyStages.includes(stage) ? deployedDefaults.heavyMemoryMb : deployedDefaults.lightMemoryMb;
