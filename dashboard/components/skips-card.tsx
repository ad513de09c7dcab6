import { formatCount, formatShare } from "../lib/format.ts";
import { useChannel } from "../state/page.ts";

/** How the plays that arrived today ended. */
export function SkipsCard() {
  const held = useChannel("dims.skips");
  const { plays = 0, completed = 0, skipped = 0, neither = 0 } = held ?? {};
  const parts = [
    { name: "Completed", series: "completed", count: completed },
    { name: "Neither", series: "neither", count: neither },
    { name: "Skipped", series: "skipped", count: skipped },
  ];
  return (
    <section class="card skips-card" aria-labelledby="skips-title">
      <div class="card-head">
        <h2 id="skips-title">How plays ended</h2>
        <p class="muted">today, UTC</p>
      </div>
      <div class="stack" aria-hidden="true">
        {parts.map(({ series, count }) => (
          <span key={series} data-series={series} style={{ flexGrow: count }} />
        ))}
      </div>
      <dl class="stack-key">
        {parts.map(({ name, series, count }) => (
          <div key={series}>
            <dt>
              <span class="key" data-series={series} /> {name}
            </dt>
            <dd>
              {formatShare(count, plays)} <span class="muted">{formatCount(count)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
