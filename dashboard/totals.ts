import type { StatsView } from "#src/wire/stats-view.ts";
import type { VerificationView } from "#src/wire/verification-view.ts";
import { byId, setText } from "./dom.ts";
import { formatAge, formatCount } from "./format.ts";

/** `GET /stats`, as far as the page needs it. */
interface StatsAnswer {
  readonly lag_plays: number;
  readonly epoch_at: string | null;
  readonly age_ms: number | null;
  readonly verification: VerificationView | null;
  readonly simulated: boolean;
}

const pollEveryMs = 5000;

/** The row of totals: counts are pushed; lag, the server's clock and the last verification are asked for. */
export class Totals {
  readonly #banner = byId("simulated", HTMLElement);
  #epochAt: number | undefined;
  #verification: VerificationView | undefined;
  /** What to add to this machine's clock to get the server's, ms. */
  #clockOffsetMs = 0;

  start(): void {
    void this.#poll();
    setInterval(() => void this.#poll(), pollEveryMs);
  }

  /** The server's time, epoch ms. */
  now(): number {
    return Date.now() + this.#clockOffsetMs;
  }

  show(stats: StatsView): void {
    setText(byId("total-plays", HTMLElement), formatCount(stats.plays));
    setText(
      byId("total-unqualified", HTMLElement),
      stats.unqualified === 0 ? "" : `${formatCount(stats.unqualified)} under 30 s, not charted`,
    );
    setText(byId("total-duplicates", HTMLElement), formatCount(stats.duplicates));
    setText(byId("total-rejects", HTMLElement), formatCount(stats.rejects));
    setText(
      byId("total-epoch", HTMLElement),
      stats.epoch === 0 ? "none yet" : `no. ${formatCount(stats.epoch)}`,
    );
    this.#epochAt = stats.epoch_at ?? undefined;
    this.refresh();
  }

  /** Says anew how old the newest epoch is. */
  refresh(): void {
    const age = this.#epochAt === undefined ? "" : formatAge(this.now() - this.#epochAt);
    setText(byId("total-age", HTMLElement), age === "" ? "–" : age);
    setText(byId("freshness", HTMLElement), age === "" ? "" : `as of ${age} ago`);
    this.#showVerification();
  }

  #showVerification(): void {
    if (this.#verification === undefined) return;
    const { at, drift } = this.#verification;
    setText(byId("verified-age", HTMLElement), `${formatAge(this.now() - Date.parse(at))} ago`);
    const note = byId("verified-drift", HTMLElement);
    setText(note, describeDrift(this.#verification));
    note.classList.toggle("warning", drift > 0);
  }

  async #poll(): Promise<void> {
    try {
      const response = await fetch("/stats", { signal: AbortSignal.timeout(pollEveryMs) });
      if (!response.ok) return;
      const stats: StatsAnswer = await response.json();
      if (stats.epoch_at !== null && stats.age_ms !== null) {
        this.#clockOffsetMs = Date.parse(stats.epoch_at) + stats.age_ms - Date.now();
      }
      setText(byId("total-lag", HTMLElement), formatCount(stats.lag_plays));
      this.#banner.hidden = !stats.simulated;
      this.#verification = stats.verification ?? undefined;
    } catch {
      // The connection's state already shows that the server is away.
    }
  }
}

/** `drift 0`, `drift 4: songs, charts`. */
function describeDrift({ drift, kinds, from, to }: VerificationView): string {
  const drifted = kinds.filter((kind) => kind.drift > 0).map(({ kind }) => kind);
  const where = drifted.length === 0 ? "" : `: ${drifted.join(", ")}`;
  const isPart = from !== null || to !== null;
  return `drift ${formatCount(drift)}${where}${isPart ? " (some hours only)" : ""}`;
}
