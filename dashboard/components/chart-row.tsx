import type { PublicList } from "#src/wire/push-protocol.ts";
import type { MoveMark as Mark } from "../lib/move-history.ts";
import { noFilter } from "../lib/play-filter.ts";
import { AddressLink } from "./address-link.tsx";
import { MoveMark } from "./move-mark.tsx";
import { PureComponent } from "./pure-component.ts";
import { ShareBar } from "./share-bar.tsx";

interface ChartRowProps {
  readonly list: PublicList;
  readonly id: string;
  /** Empty for an artist. */
  readonly title: string;
  readonly artist: string;
  readonly rank: number;
  /** As it is written. */
  readonly score: string;
  /** Of the best entry's score, 0 to 1. */
  readonly share: number;
  readonly mark: Mark;
  /** Why it rises. */
  readonly reason: string | undefined;
  readonly details: string | undefined;
}

/** An entry of a chart. A song opens its page, an artist the plays of theirs that were just heard. */
export class ChartRow extends PureComponent<ChartRowProps> {
  override render({ list, id, title, artist, rank, score, share, mark, reason, details }: ChartRowProps) {
    const to = list === "songs" ? { song: id } : { filter: { ...noFilter, artist } };
    return (
      <li>
        <ShareBar share={share} />
        <span class="rank">{rank}</span>
        <MoveMark mark={mark} />
        <span class="entry">
          <AddressLink to={to} class="name cover">
            {title === "" ? artist : title}
          </AddressLink>
          {title !== "" && <span class="by">{artist}</span>}
          {reason !== undefined && <span class="more">{reason}</span>}
          {details !== undefined && <span class="more">{details}</span>}
        </span>
        <span class="score">{score}</span>
      </li>
    );
  }
}
