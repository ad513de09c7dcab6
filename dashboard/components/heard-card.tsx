import { useState } from "preact/hooks";
import { formatCount, formatListened, formatPlural } from "../lib/format.ts";
import type { HeardPlay } from "../lib/listener-answers.ts";
import { AddressLink } from "./address-link.tsx";
import { Age } from "./age.tsx";
import { ExportButtons } from "./export-buttons.tsx";

interface HeardCardProps {
  readonly listener: string;
  /** Newest first. */
  readonly plays: readonly HeardPlay[];
}

const firstPlays = 20;

/** What a listener heard last. */
export function HeardCard({ listener, plays }: HeardCardProps) {
  const [isWhole, setIsWhole] = useState(false);
  return (
    <section class="card" aria-labelledby="heard-title">
      <div class="card-head">
        <h3 id="heard-title">Just heard</h3>
        <p class="muted">{formatPlural(plays.length, "play")}</p>
      </div>
      <ol class="chart plain" aria-labelledby="heard-title">
        {(isWhole ? plays : plays.slice(0, firstPlays)).map((play) => (
          <li key={`${play.started_at} ${play.track.id}`}>
            <span class="entry">
              <AddressLink to={{ song: play.track.id }} class="name cover">
                {play.track.title || play.track.artist}
              </AddressLink>
              <span class="by">{play.track.artist}</span>
            </span>
            <span class="reason">
              {formatListened(play.listened_ms)}
              {endOf(play)} · <Age at={Date.parse(play.started_at)} />
            </span>
          </li>
        ))}
      </ol>
      <footer class="card-foot">
        {plays.length > firstPlays && (
          <button type="button" class="link" onClick={() => setIsWhole(!isWhole)}>
            {isWhole ? `Show the first ${firstPlays}` : `Show all ${formatCount(plays.length)}`}
          </button>
        )}
        <ExportButtons
          label="what was heard"
          fileName={`earworm-listener-${listener}`}
          tableOf={() => ({
            head: ["started_at", "track_id", "title", "artist", "listened_ms", "completed", "skipped"],
            rows: plays.map(({ track, started_at, listened_ms, completed, skipped }) => [
              ...[started_at, track.id, track.title, track.artist, listened_ms, completed, skipped],
            ]),
          })}
        />
      </footer>
    </section>
  );
}

function endOf({ completed, skipped }: HeardPlay): string {
  if (completed) return ", completed";
  return skipped ? ", skipped" : "";
}
