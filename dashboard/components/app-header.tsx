import { home, type View } from "../lib/address.ts";
import { useStore } from "../state/store.ts";
import { theme, toggleTheme } from "../state/theme.ts";
import { useAddress } from "../state/use-address.ts";
import { AddressLink } from "./address-link.tsx";
import { ConnectionStatus } from "./connection-status.tsx";
import { Logo } from "./logo.tsx";

const views: readonly { readonly view: View; readonly name: string }[] = [
  { view: "overview", name: "Overview" },
  { view: "listener", name: "Listener" },
  { view: "add", name: "Add a play" },
];

export function AppHeader() {
  const { view } = useAddress();
  return (
    <header class="top">
      <h1>
        <AddressLink to={home} class="home">
          <Logo /> Earworm
        </AddressLink>
      </h1>
      <nav aria-label="Views">
        {views.map((each) => (
          <AddressLink
            key={each.view}
            to={{ view: each.view, song: undefined, value: undefined }}
            isCurrent={view === each.view}
          >
            {each.name}
          </AddressLink>
        ))}
      </nav>
      <ConnectionStatus />
      <ThemeToggle />
    </header>
  );
}

function ThemeToggle() {
  const isDark = useStore(theme) === "dark";
  return (
    <button
      type="button"
      class="icon-button"
      aria-label="Dark theme"
      aria-pressed={isDark}
      onClick={toggleTheme}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        {isDark ? (
          <path d="M16.5 12.3A7 7 0 0 1 7.7 3.5a7 7 0 1 0 8.8 8.8Z" />
        ) : (
          <path d="M10 6.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6ZM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6 16 16M16 4l-1.4 1.4M5.4 14.6 4 16" />
        )}
      </svg>
    </button>
  );
}
