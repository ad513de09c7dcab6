import { formatCount, formatDate, formatListened, formatShare } from "../lib/format.ts";
import type { SongAnswer } from "../lib/song-answer.ts";
import type { Problem } from "../state/api-client.ts";
import { useChange } from "../state/use-address.ts";
import { useAnswer } from "../state/use-answer.ts";
import { Drawer } from "./drawer.tsx";
import { ErrorNote } from "./error-note.tsx";
import { FigureList } from "./figure-list.tsx";
import { Skeleton } from "./skeleton.tsx";
import { DropOffPlot, HoursPlot } from "./song-plots.tsx";

const refreshEveryMs = 3000;

/** Everything about one song. */
export function SongDrawer({ id }: { readonly id: string }) {
  const change = useChange();
  const {
    value: song,
    problem,
    retry,
  } = useAnswer<SongAnswer>(`/songs/${encodeURIComponent(id)}`, refreshEveryMs);
  return (
    <Drawer
      title={song === undefined ? "Song" : song.title || song.artist}
      subtitle={song === undefined || song.title === "" ? "" : song.artist}
      onClose={() => change({ song: undefined })}
    >
      {song === undefined && problem === undefined && <Skeleton rows={10} label="the song" />}
      {problem !== undefined && <SongProblem problem={problem} onRetry={retry} />}
      {song !== undefined && <SongDetails song={song} />}
    </Drawer>
  );
}

function SongProblem({ problem, onRetry }: { readonly problem: Problem; readonly onRetry: () => void }) {
  return <ErrorNote title="The song could not be had" reason={problem.message} onRetry={onRetry} />;
}

function SongDetails({ song }: { readonly song: SongAnswer }) {
  const all = song.plays + song.unqualified;
  const rankOf = (rank: number | null): string => (rank === null ? "–" : `#${formatCount(rank)}`);
  const { windows, ranks, rating } = song;
  return (
    <>
      <FigureList
        label="Totals"
        figures={[
          {
            name: "Plays",
            value: formatCount(song.plays),
            note: `${formatCount(song.unqualified)} under 30 s`,
          },
          { name: "Listened", value: formatListened(song.listened_ms) },
          { name: "Completed", value: formatShare(song.completes, all) },
          { name: "Skipped", value: formatShare(song.skips, all) },
          {
            name: "Rating",
            value: rating === null ? "–" : `${rating.average.toFixed(1)} ★`,
            note: rating === null ? "nobody rated it" : `of ${formatCount(rating.count)}`,
          },
          {
            name: "First played",
            value: song.first_played_at === null ? "–" : formatDate(Date.parse(song.first_played_at)),
            isSmall: true,
          },
        ]}
      />
      <h3>Ranks</h3>
      <FigureList
        label="Ranks"
        figures={[
          { name: "Hot", value: rankOf(ranks.hot) },
          { name: "Today", value: rankOf(ranks.day), note: playsIn(windows.day) },
          { name: "Week", value: rankOf(ranks.week), note: playsIn(windows.week) },
          { name: "All time", value: rankOf(ranks.all), note: playsIn(song) },
        ]}
      />
      <h3>Plays by the hour</h3>
      <HoursPlot hours={song.hours} />
      <h3>Who is still listening</h3>
      <DropOffPlot dropOff={song.drop_off} />
    </>
  );
}

const playsIn = ({ plays }: { readonly plays: number }): string => `${formatCount(plays)} plays`;
