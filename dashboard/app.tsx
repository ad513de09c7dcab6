import { useEffect, useState } from "preact/hooks";
import { AppHeader } from "./components/app-header.tsx";
import { SongDrawer } from "./components/song-drawer.tsx";
import { ValueDrawer } from "./components/value-drawer.tsx";
import { staleSince } from "./lib/connection.ts";
import { formatClock } from "./lib/format.ts";
import { usePage } from "./state/page.ts";
import { useStore } from "./state/store.ts";
import { useAddress } from "./state/use-address.ts";
import { AddPlayView } from "./views/add-play-view.tsx";
import { ListenerView } from "./views/listener-view.tsx";
import { OverviewView } from "./views/overview-view.tsx";

/** The whole page. */
export function App() {
  const { config } = usePage();
  const { view, song, value } = useAddress();
  return (
    <>
      {config.simulated && (
        <aside class="banner" aria-label="About these plays">
          <strong>These plays are simulated.</strong> No listener heard any of them.
        </aside>
      )}
      <AppHeader />
      <StaleNote />
      <main>
        {view === "overview" && <OverviewView />}
        {view === "listener" && <ListenerView />}
        {view === "add" && <AddPlayView />}
      </main>
      {song !== undefined && <SongDrawer key={song} id={song} />}
      {song === undefined && value !== undefined && (
        <ValueDrawer key={`${value.by} ${value.value}`} {...value} />
      )}
    </>
  );
}

/** Says since when the page knows nothing new, and dims it. */
function StaleNote() {
  const since = useStaleSince();
  useEffect(() => {
    document.documentElement.toggleAttribute("data-stale", since !== undefined);
  }, [since]);
  if (since === undefined) return undefined;
  return (
    <p class="stale-note" role="status">
      The server has been silent since <time>{formatClock(since)}</time>. What you see is from then; the page
      goes on by itself once it is back.
    </p>
  );
}

function useStaleSince(): number | undefined {
  const { connection } = usePage();
  const known = useStore(connection);
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return staleSince(known, now);
}
