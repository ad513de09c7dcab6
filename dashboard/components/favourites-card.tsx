import { formatCount, formatShare } from "../lib/format.ts";
import type { ProfileAnswer } from "../lib/listener-answers.ts";
import { ShareBar } from "./share-bar.tsx";

/** The artists a listener plays most. */
export function FavouritesCard({ profile }: { readonly profile: ProfileAnswer }) {
  const most = profile.artists[0]?.plays ?? 1;
  return (
    <section class="card" aria-labelledby="favourites-title">
      <div class="card-head">
        <h3 id="favourites-title">Favourite artists</h3>
        <span class="unit">Plays</span>
      </div>
      {profile.artists.length === 0 && <p class="empty">No play was long enough to count.</p>}
      <ol class="bars" aria-labelledby="favourites-title">
        {profile.artists.map(({ name, plays }) => (
          <li key={name}>
            <ShareBar share={plays / most} />
            <span class="name">{name}</span>
            <span class="score">{formatCount(plays)}</span>
            <span class="part">{formatShare(plays, profile.plays)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
