import { ErrorNote } from "../components/error-note.tsx";
import { FavouritesCard } from "../components/favourites-card.tsx";
import { FigureList } from "../components/figure-list.tsx";
import { HeardCard } from "../components/heard-card.tsx";
import { ListenerSearch } from "../components/listener-search.tsx";
import { PicksCard } from "../components/picks-card.tsx";
import { Skeleton } from "../components/skeleton.tsx";
import { TokenForm } from "../components/token-form.tsx";
import { formatClock, formatCount, formatDate, formatListened, formatShare } from "../lib/format.ts";
import type { ProfileAnswer, RecommendationsAnswer } from "../lib/listener-answers.ts";
import { usePage } from "../state/page.ts";
import { useAddress } from "../state/use-address.ts";
import { type RemoteAnswer, useAnswer } from "../state/use-answer.ts";

const refreshEveryMs = 3000;

/** What one listener plays, and should hear next. */
export function ListenerView() {
  const { listener } = useAddress();
  const { config } = usePage();
  return (
    <>
      <ListenerSearch key={listener} listener={listener} />
      {listener !== "" && <Listener id={listener} />}
      {listener === "" && (
        <p class="empty">
          Type a listener's id to see what they play and what they should hear next.
          {config.simulated && " Invented listeners are called user-000000 to user-019999."}
        </p>
      )}
    </>
  );
}

function Listener({ id }: { readonly id: string }) {
  const path = `/users/${encodeURIComponent(id)}`;
  const profile = useAnswer<ProfileAnswer>(path, refreshEveryMs);
  const picks = useAnswer<RecommendationsAnswer>(`${path}/recommendations?k=20`, refreshEveryMs);
  const refusal = [profile.problem, picks.problem].find(
    (problem) => problem?.status === 401 || problem?.status === 403,
  );
  if (refusal !== undefined) return <TokenForm reason={refusal.message} />;
  return (
    <>
      <h2 class="view-title">{id}</h2>
      <div class="listener">
        {profile.value === undefined && <NoProfile answer={profile} />}
        {profile.value !== undefined && (
          <>
            <ListenerTotals profile={profile.value} />
            <FavouritesCard profile={profile.value} />
            <HeardCard listener={id} plays={profile.value.recent} />
          </>
        )}
        <PicksCard listener={id} answer={picks} />
      </div>
    </>
  );
}

function NoProfile({ answer: { problem, retry } }: { readonly answer: RemoteAnswer<ProfileAnswer> }) {
  return (
    <div class="card">
      {problem === undefined && <Skeleton rows={10} label="the listener" />}
      {problem?.status === 404 && <p class="empty">No play of this listener is counted yet.</p>}
      {problem !== undefined && problem.status !== 404 && (
        <ErrorNote title="The listener could not be had" reason={problem.message} onRetry={retry} />
      )}
    </div>
  );
}

function ListenerTotals({ profile }: { readonly profile: ProfileAnswer }) {
  const all = profile.plays + profile.unqualified;
  const under = `${formatCount(profile.unqualified)} under 30 s`;
  return (
    <div class="card wide">
      <FigureList
        label="Totals"
        figures={[
          { name: "Plays", value: formatCount(profile.plays), note: under },
          { name: "Listened", value: formatListened(profile.listened_ms) },
          { name: "Completed", value: formatShare(profile.completes, all) },
          { name: "Skipped", value: formatShare(profile.skips, all) },
          { name: "Artists", value: formatCount(profile.artists_total) },
          { name: "Songs", value: formatCount(profile.tracks_heard) },
          {
            name: "First heard",
            value: formatDate(Date.parse(profile.first_heard_at)),
            isSmall: true,
            note: profile.as_of === null ? "" : `as of ${formatClock(Date.parse(profile.as_of))}`,
          },
        ]}
      />
    </div>
  );
}
