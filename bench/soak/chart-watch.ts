import type { ChartEntryView } from "#src/wire/chart-view.ts";
import { scoreAt } from "#src/wire/chart-view.ts";
import type { ChartSnapshot } from "#src/wire/push-protocol.ts";

/** Versions of a chart that are remembered: the API may be asked a little before or after the push. */
const remembered = 20;
/** `hot` scores are rounded to three decimals on their way through the API. */
const tolerance = 0.001;

/** `GET /charts/{list}`, as far as it is compared. */
interface ChartAnswer {
  readonly log: string | null;
  readonly seq: number;
  /** ISO 8601. */
  readonly now: string;
  readonly total: number;
  readonly entries: readonly (Omit<ChartEntryView, "first_played_at"> & {
    readonly first_played_at: string;
  })[];
}

export type Outcome =
  | { readonly kind: "equal" }
  /** The client does not hold the API's version: not yet, or not any more. */
  | { readonly kind: "other-version" }
  | { readonly kind: "different"; readonly what: string };

/** The last versions that a client held of one chart, to hold against what the API says. */
export class ChartWatch {
  readonly #url: string;
  readonly #versions = new Map<string, ChartSnapshot>();

  /** @param url of `GET /charts/{list}?window=...` */
  constructor(url: string) {
    this.#url = url;
  }

  note(held: ChartSnapshot): void {
    this.#versions.set(`${held.log} ${held.seq}`, held);
    if (this.#versions.size > remembered) this.#versions.delete(this.#versions.keys().next().value ?? "");
  }

  /** Asks the API and compares. A version that comes in meanwhile is waited for by whoever calls again. */
  async compare(): Promise<Outcome> {
    const response = await fetch(`${this.#url}&limit=500`);
    if (!response.ok) throw new Error(`${this.#url} answered ${response.status}`);
    const answer = (await response.json()) as ChartAnswer;
    const held = this.#versions.get(`${answer.log} ${answer.seq}`);
    if (held === undefined) return { kind: "other-version" };
    const what = differenceOf(held, answer);
    return what === undefined ? { kind: "equal" } : { kind: "different", what: `seq ${answer.seq}: ${what}` };
  }
}

/** @returns what differs, or undefined; the API's entries beyond those that a client is shown are not compared */
function differenceOf(held: ChartSnapshot, answer: ChartAnswer): string | undefined {
  if (held.total !== answer.total) return `${held.total} entries, the API says ${answer.total}`;
  const now = Date.parse(answer.now);
  for (const [index, entry] of held.entries.entries()) {
    const other = answer.entries[index];
    if (other === undefined) return `rank ${index + 1} is ${entry.id}, the API has nothing there`;
    const { score: heldScore, ...mine } = entry;
    const { score: otherScore, ...theirs } = { ...other, first_played_at: Date.parse(other.first_played_at) };
    if (Math.abs(scoreAt(heldScore, held.decay, now) - otherScore) > tolerance)
      return `${entry.id} has score ${scoreAt(heldScore, held.decay, now)}, the API says ${otherScore}`;
    const [left, right] = [mine, theirs].map((view) => JSON.stringify(Object.entries(view).sort()));
    if (left !== right) return `rank ${index + 1} is ${left}, the API says ${right}`;
  }
  return undefined;
}
