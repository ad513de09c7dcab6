import type { RecentPlayView } from "#src/wire/recent-feed.ts";
import { countryName } from "../lib/dimensions.ts";
import { formatPosition } from "../lib/format.ts";
import { AddressLink } from "./address-link.tsx";
import { Age } from "./age.tsx";
import { PureComponent } from "./pure-component.ts";

interface PlayRowProps {
  readonly play: RecentPlayView;
  /** Whether it has only just arrived. */
  readonly isFresh: boolean;
}

/** A play of the table, in the order of `playColumns`. */
export class PlayRow extends PureComponent<PlayRowProps> {
  override render({ play, isFresh }: PlayRowProps) {
    const { track, platform, city, country, mood, duration_ms, ms_played, pct, rating } = play;
    return (
      <tr class={isFresh ? "fresh" : undefined}>
        <th scope="row">
          <AddressLink to={{ song: track.id }} class="name">
            {track.title || "–"}
          </AddressLink>
        </th>
        <td>{track.artist}</td>
        <td>{track.genre}</td>
        <td>{platform}</td>
        <td>{city}</td>
        <td>{country === undefined ? "" : <abbr title={countryName(country)}>{country}</abbr>}</td>
        <td>{mood}</td>
        <td class="number">{duration_ms === undefined ? "" : formatPosition(duration_ms)}</td>
        <td class="number">{ms_played === undefined ? "" : formatPosition(ms_played)}</td>
        <td class="number">{pct === undefined ? "" : `${Math.round(pct * 100)} %`}</td>
        <td>{play.completed ? "yes" : ""}</td>
        <td>{play.skipped ? "yes" : ""}</td>
        <td class="number">{rating === undefined ? "" : `${rating} ★`}</td>
        <td class="number">
          <Age at={play.started_at} />
        </td>
      </tr>
    );
  }
}
