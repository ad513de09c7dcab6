import { type ChartWindow, chartWindows } from "#src/domain/windows.ts";
import { type PublicList, publicLists } from "#src/wire/push-protocol.ts";
import { type DimensionValue, isDimension } from "./dimensions.ts";
import { newestFirst, type PlayColumnId, type PlaySort, playColumnIds } from "./play-columns.ts";
import { isFiltering, labelFilters, noFilter, type PlayFilter, yesNoAny } from "./play-filter.ts";

export type View = "overview" | "listener" | "add";

/** What the page shows, as it stands in its address. */
export interface Address {
  readonly view: View;
  /** Of the listener view; empty for none yet. */
  readonly listener: string;
  /** The song that is open beside the view. */
  readonly song: string | undefined;
  /** The dimension's value whose songs are open beside the view. */
  readonly value: DimensionValue | undefined;
  readonly list: PublicList;
  readonly left: ChartWindow;
  readonly right: ChartWindow;
  /** Whether the charts show all their entries. */
  readonly isWhole: boolean;
  /** Whether their rows tell more. */
  readonly isDetailed: boolean;
  readonly filter: PlayFilter;
  readonly sort: PlaySort;
}

export const home: Address = {
  view: "overview",
  listener: "",
  song: undefined,
  value: undefined,
  list: "songs",
  left: "hot",
  right: "day",
  isWhole: false,
  isDetailed: false,
  filter: noFilter,
  sort: newestFirst,
};

/** Reads a query. What is unknown or malformed is as if it were not there, so that an old link still opens. */
export function parseAddress(query: string): Address {
  const parameters = new URLSearchParams(query);
  const of = <T extends string>(name: string, allowed: readonly T[], fallback: T): T =>
    allowed.find((value) => value === parameters.get(name)) ?? fallback;
  const text = (name: string): string => parameters.get(name) ?? "";
  const [by, value] = [text("by"), text("value")];
  const labels = Object.fromEntries(labelFilters.map((label) => [label, text(label)]));
  const stars = Number(text("rating"));
  return {
    view: viewOf(parameters),
    listener: text("listener"),
    song: text("song") || undefined,
    value: isDimension(by) && value !== "" ? { by, value } : undefined,
    list: of("list", publicLists, home.list),
    left: of("left", chartWindows, home.left),
    right: of("right", chartWindows, home.right),
    isWhole: text("show") === "all",
    isDetailed: text("details") === "yes",
    filter: {
      ...noFilter,
      ...labels,
      artist: text("artist"),
      ratingAtLeast: stars > 0 && stars <= 5 ? stars : 0,
      skipped: of("skipped", yesNoAny, "any"),
      completed: of("completed", yesNoAny, "any"),
    },
    sort: parseSort(text("sort")),
  };
}

/** The query of an address, with its question mark; empty for the page as it opens. Defaults are left out. */
export function formatAddress(address: Address): string {
  const { view, listener, song, value, list, left, right, isWhole, isDetailed, filter, sort } = address;
  const parameters = new URLSearchParams();
  const put = (name: string, text: string, fallback = ""): void => {
    if (text !== fallback) parameters.set(name, text);
  };
  if (view === "listener") parameters.set("listener", listener);
  if (view === "add") parameters.set("view", view);
  put("song", song ?? "");
  if (value !== undefined) {
    put("by", value.by);
    put("value", value.value);
  }
  put("list", list, home.list);
  put("left", left, home.left);
  put("right", right, home.right);
  put("show", isWhole ? "all" : "");
  put("details", isDetailed ? "yes" : "");
  if (isFiltering(filter)) {
    for (const name of [...labelFilters, "artist"] as const) put(name, filter[name]);
    put("rating", String(filter.ratingAtLeast), "0");
    put("skipped", filter.skipped, "any");
    put("completed", filter.completed, "any");
  }
  put("sort", formatSort(sort), formatSort(newestFirst));
  const query = parameters.toString();
  return query === "" ? "" : `?${query}`;
}

function viewOf(parameters: URLSearchParams): View {
  if (parameters.get("view") === "add") return "add";
  return parameters.has("listener") ? "listener" : "overview";
}

const formatSort = ({ by, direction }: PlaySort): string => `${by}.${direction}`;

function parseSort(text: string): PlaySort {
  const [by, direction] = text.split(".");
  const column = playColumnIds.find((id): id is PlayColumnId => id === by);
  const isKnown = column !== undefined && (direction === "asc" || direction === "desc");
  return isKnown ? { by: column, direction } : newestFirst;
}
