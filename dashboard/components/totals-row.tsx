import type { ComponentChildren } from "preact";
import type { StatsSnapshot } from "#src/wire/push-protocol.ts";
import type { VerificationView } from "#src/wire/verification-view.ts";
import { formatAge, formatCount, formatListened, formatShare } from "../lib/format.ts";
import { sumMinutes } from "../lib/minute-series.ts";
import { useChannel, usePage } from "../state/page.ts";
import { useAnswer } from "../state/use-answer.ts";
import { useNow } from "../state/use-now.ts";

/** How often the server is asked how many plays wait, in ticks: nothing pushes that, and every page asks. */
const waitingEveryTicks = 12;

/** The totals of everything that is committed, and how that compares with what has arrived. */
export function TotalsRow() {
  const held = useChannel("stats");
  return (
    <section aria-label="Totals">
      <dl class="totals" aria-busy={held === undefined}>
        <Counts held={held} />
        <Waiting verification={held?.stats.verification ?? null} />
        <LastEpoch held={held} />
      </dl>
    </section>
  );
}

interface HeldProps {
  readonly held: StatsSnapshot | undefined;
}

function Counts({ held }: HeldProps) {
  const now = useNow();
  const { stats, minutes = [] } = held ?? {};
  const hour = sumMinutes(minutes);
  const running = minutes.findLast(({ minute }) => minute > now - 60_000);
  const before = minutes.findLast(({ minute }) => minute !== running?.minute);
  return (
    <>
      <Figure name="Plays" note={stats && `${formatListened(stats.listened_ms)} listened`}>
        {stats && formatCount(stats.plays)}
      </Figure>
      <Figure
        name="Listeners, 1 min"
        note={before && `${formatCount(running?.listeners ?? 0)} so far in this one`}
      >
        {stats && formatCount((before ?? running)?.listeners ?? 0)}
      </Figure>
      <Figure name="Skip rate, 1 h" note={stats && `${formatShare(stats.skips, stats.plays)} ever`}>
        {stats && formatShare(hour.skips, hour.plays)}
      </Figure>
      <Figure name="Completion, 1 h" note={stats && `${formatShare(stats.completes, stats.plays)} ever`}>
        {stats && formatShare(hour.completes, hour.plays)}
      </Figure>
      <Figure name="Duplicates" note="found, not counted">
        {stats && formatCount(stats.duplicates)}
      </Figure>
      <Figure name="Rejects" note="kept to be looked at">
        {stats && formatCount(stats.rejects)}
      </Figure>
    </>
  );
}

function Waiting({ verification }: { readonly verification: VerificationView | null }) {
  const { tickMs } = usePage().config;
  const { value } = useAnswer<{ readonly lag_plays: number }>("/stats", waitingEveryTicks * tickMs);
  const now = useNow();
  return (
    <Figure
      name="Waiting"
      note={verification === null ? "not verified yet" : describe(verification, now)}
      isWarning={verification !== null && verification.drift > 0}
    >
      {value && formatCount(value.lag_plays)}
    </Figure>
  );
}

function LastEpoch({ held }: HeldProps) {
  const now = useNow();
  if (held === undefined) return <Figure name="Last epoch">{undefined}</Figure>;
  const { epoch, epoch_at } = held.stats;
  return (
    <Figure name="Last epoch" note={epoch === 0 ? "none yet" : `no. ${formatCount(epoch)}`}>
      {epoch_at === null ? "–" : `${formatAge(now - epoch_at)} ago`}
    </Figure>
  );
}

/** `drift 0, 3 min ago`, `drift 4: songs, charts`. */
function describe({ at, drift, kinds }: VerificationView, now: number): string {
  if (drift === 0) return `drift 0, ${formatAge(now - Date.parse(at))} ago`;
  const drifted = kinds.filter((kind) => kind.drift > 0).map(({ kind }) => kind);
  return `drift ${formatCount(drift)}: ${drifted.join(", ")}`;
}

interface FigureProps {
  readonly name: string;
  readonly note?: string | undefined;
  readonly isWarning?: boolean;
  /** undefined while it is on its way. */
  readonly children: ComponentChildren;
}

function Figure({ name, note, isWarning, children }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children ?? <span class="placeholder">–</span>}</dd>
      <dd class={isWarning === true ? "note warning" : "note"} title={note}>
        {note ?? ""}
      </dd>
    </div>
  );
}
