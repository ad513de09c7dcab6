import type { RecommendationsAnswer } from "../lib/listener-answers.ts";
import { recommendationReason } from "../lib/recommendation-reason.ts";
import type { RemoteAnswer } from "../state/use-answer.ts";
import { AddressLink } from "./address-link.tsx";
import { ErrorNote } from "./error-note.tsx";
import { ExportButtons } from "./export-buttons.tsx";
import { Skeleton } from "./skeleton.tsx";

interface PicksCardProps {
  readonly listener: string;
  readonly answer: RemoteAnswer<RecommendationsAnswer>;
}

/** What a listener should hear next, and why. */
export function PicksCard({ listener, answer: { value, problem, retry } }: PicksCardProps) {
  const picks = value?.recommendations ?? [];
  return (
    <section class="card" aria-labelledby="picks-title">
      <div class="card-head">
        <h3 id="picks-title">To hear next</h3>
        <p class="muted">{value?.cold_start === true ? "what everybody plays" : "not heard yet"}</p>
      </div>
      {value === undefined && problem === undefined && <Skeleton rows={10} label="recommendations" />}
      {problem !== undefined && (
        <ErrorNote title="Recommendations could not be had" reason={problem.message} onRetry={retry} />
      )}
      {value !== undefined && picks.length === 0 && <p class="empty">Nothing is left that was not heard.</p>}
      <ol class="chart plain" aria-labelledby="picks-title">
        {picks.map((pick) => (
          <li key={pick.id}>
            <span class="rank">{pick.rank}</span>
            <span class="entry">
              <AddressLink to={{ song: pick.id }} class="name cover">
                {pick.title || pick.artist}
              </AddressLink>
              <span class="by">{pick.artist}</span>
            </span>
            <span class="reason">{recommendationReason(pick.reason)}</span>
          </li>
        ))}
      </ol>
      <footer class="card-foot">
        <ExportButtons
          label="recommendations"
          fileName={`earworm-recommendations-${listener}`}
          tableOf={() => ({
            head: ["rank", "id", "title", "artist", "reason"],
            rows: picks.map((pick) => [
              ...[pick.rank, pick.id, pick.title, pick.artist, recommendationReason(pick.reason)],
            ]),
          })}
        />
      </footer>
    </section>
  );
}
