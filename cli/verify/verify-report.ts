import { driftOf, type Verification } from "#src/domain/verification.ts";
import { formatIsoTime } from "#src/wire/iso-time.ts";
import { formatCount } from "../progress.ts";

/** A table of what was compared, the first differences, and as of when. */
export function reportLines(verification: Verification): readonly string[] {
  const { kinds, differences, epoch, from, to, processingMs } = verification;
  const drift = driftOf(verification);
  const seconds = (processingMs / 1000).toFixed(1);
  return [
    row("", "compared", "drift"),
    ...kinds.map((kind) => row(kind.kind, formatCount(kind.compared), formatCount(kind.drift))),
    "",
    ...(differences.length === 0
      ? []
      : ["the first differences:", ...differences.map((text) => `  ${text}`), ""]),
    ...(from === undefined || to === undefined ? [] : [ofRange(from, to)]),
    `drift ${formatCount(drift)} as of ${epoch === 0 ? "no epoch: nothing is counted yet" : `epoch ${epoch}`}, in ${seconds} s`,
  ];
}

const row = (kind: string, compared: string, drift: string): string =>
  `${kind.padEnd(14)}${compared.padStart(13)}${drift.padStart(9)}`;

const ofRange = (from: number, to: number): string =>
  `only hours, days and weeks from ${formatIsoTime(from)} to ${formatIsoTime(to)}: no counts, profiles and all-time totals`;
