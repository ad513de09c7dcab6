import { AppHeader } from "./components/app-header.tsx";
import { SilenceNote } from "./components/silence-note.tsx";
import { SongDrawer } from "./components/song-drawer.tsx";
import { ValueDrawer } from "./components/value-drawer.tsx";
import { usePage } from "./state/page.ts";
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
      <SilenceNote />
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
