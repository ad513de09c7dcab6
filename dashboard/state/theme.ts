import { Store } from "./store.ts";

type Theme = "light" | "dark";

const key = "earworm.theme";
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

/** What is shown: the reader's choice, or the system's. */
export const theme = new Store<Theme>(chosen() ?? system());

/** Shows the theme, and follows the system where the reader has not chosen. */
export function startTheme(): void {
  const show = () => {
    document.documentElement.dataset["theme"] = theme.value;
  };
  show();
  theme.subscribe(show);
  systemIsDark.addEventListener("change", () => theme.set(chosen() ?? system()));
}

/** Choosing what the system has follows the system again. */
export function toggleTheme(): void {
  const next = theme.value === "dark" ? "light" : "dark";
  if (next === system()) localStorage.removeItem(key);
  else localStorage.setItem(key, next);
  theme.set(next);
}

function system(): Theme {
  return systemIsDark.matches ? "dark" : "light";
}

function chosen(): Theme | undefined {
  const value = localStorage.getItem(key);
  return value === "light" || value === "dark" ? value : undefined;
}
