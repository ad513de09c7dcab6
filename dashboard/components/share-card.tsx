import { useState } from "preact/hooks";
import { type Dimension, dimensionNames, nameOfValue } from "../lib/dimensions.ts";
import { formatCount, formatShare } from "../lib/format.ts";
import { useChannel } from "../state/page.ts";
import { AddressLink } from "./address-link.tsx";
import { ExportButtons } from "./export-buttons.tsx";
import { ShareBar } from "./share-bar.tsx";
import { Skeleton } from "./skeleton.tsx";

const firstValues = 6;

/** The values of a dimension by today's plays; each opens its songs. */
export function ShareCard({ dimension }: { readonly dimension: Dimension }) {
  const held = useChannel(`dims.${dimension}`);
  const [isWhole, setIsWhole] = useState(false);
  const name = dimensionNames[dimension];
  const entries = held?.entries ?? [];
  const sum = entries.reduce((plays, entry) => plays + entry.plays, 0);
  const most = entries[0]?.plays ?? 0;
  const titleId = `share-${dimension}`;
  return (
    <section class="card share-card" aria-labelledby={titleId}>
      <div class="card-head">
        <h3 id={titleId}>{name}</h3>
        <p class="muted">today, UTC</p>
        <span class="unit">Plays</span>
      </div>
      {held === undefined && <Skeleton rows={firstValues} label={name} />}
      {held !== undefined && entries.length === 0 && <p class="empty">No play of today says.</p>}
      <ol class="bars" aria-labelledby={titleId}>
        {entries.slice(0, isWhole ? entries.length : firstValues).map(({ id, plays }) => (
          <li key={id}>
            <ShareBar share={most > 0 ? plays / most : 0} />
            <AddressLink to={{ value: { by: dimension, value: id }, song: undefined }} class="name cover">
              {nameOfValue({ by: dimension, value: id })}
            </AddressLink>
            <span class="score">{formatCount(plays)}</span>
            <span class="part">{formatShare(plays, sum)}</span>
          </li>
        ))}
      </ol>
      <footer class="card-foot">
        {entries.length > firstValues && (
          <button type="button" class="link" onClick={() => setIsWhole(!isWhole)}>
            {isWhole ? `Show the first ${firstValues}` : `Show all ${formatCount(entries.length)}`}
          </button>
        )}
        <ExportButtons
          label={name}
          fileName={`earworm-${dimension}`}
          tableOf={() => ({ head: [dimension, "plays"], rows: entries.map(({ id, plays }) => [id, plays]) })}
        />
      </footer>
    </section>
  );
}
