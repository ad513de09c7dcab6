import type { StageName } from "./cell.ts";
import { deployedDefaults } from "./deployed-defaults.ts";

const heavyStages: readonly StageName[] = ["consume", "reduce", "user-behavior", "broadcast"];

export const memoryMbOf = (stage: StageName): number =>
  heavyStages.includes(stage) ? deployedDefaults.heavyMemoryMb : deployedDefaults.lightMemoryMb;
