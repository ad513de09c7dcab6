import { readFileSync } from "node:fs";

/**
 * Loaded before `earworm dev`: its clock differs from the machine's by what the file EARWORM_CLOCK_FILE says at the moment, in
 * ms.
 */
const file = process.env["EARWORM_CLOCK_FILE"] ?? "";
const MachineDate = Date;
const rereadMs = 5;
let offset = 0;
let readAt = Number.NEGATIVE_INFINITY;

function now(): number {
  if (performance.now() - readAt > rereadMs) {
    offset = Number(readFileSync(file, "utf8"));
    readAt = performance.now();
  }
  return MachineDate.now() + offset;
}

globalThis.Date = new Proxy(MachineDate, {
  construct: (target, args) => Reflect.construct(target, args.length === 0 ? [now()] : args),
  get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
});
