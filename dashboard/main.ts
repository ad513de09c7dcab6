import type { Snapshot } from "#src/client/channel-copy.ts";
import type { ChartChannel, ChartSnapshot, PublicList } from "#src/wire/push-protocol.ts";
import { ChartList } from "./chart-list.ts";
import { byId, setText } from "./dom.ts";
import { PlayForm } from "./play-form.ts";
import { type ConnectionState, PushClient } from "./push-client.ts";
import { RecentList } from "./recent-list.ts";
import { Totals } from "./totals.ts";

const windows = ["hot", "day"] as const;
const stateTexts: Readonly<Record<ConnectionState, string>> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
};

const charts = { hot: new ChartList("hot"), day: new ChartList("day") };
const totals = new Totals();
const recent = new RecentList(() => totals.now());

let shownList: PublicList = "songs";

const socketUrl = new URL("/ws", location.href);
socketUrl.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const push = new PushClient(socketUrl.href, { onState: showState, onSnapshot: showSnapshot });

function channelOf(window: (typeof windows)[number]): ChartChannel {
  return `${shownList}.${window}`;
}

function showState(state: ConnectionState): void {
  byId("status", HTMLElement).dataset["state"] = state;
  setText(byId("status-text", HTMLElement), stateTexts[state]);
}

function showSnapshot(snapshot: Snapshot): void {
  if (snapshot.channel === "stats") totals.show(snapshot.stats);
  else if (snapshot.channel === "plays.recent") recent.show(snapshot);
  else if ("entries" in snapshot) showChart(snapshot);
}

function showChart(snapshot: ChartSnapshot): void {
  const window = windows.find((name) => snapshot.channel === channelOf(name));
  if (window !== undefined) charts[window].show(snapshot);
}

function switchTo(list: PublicList): void {
  for (const window of windows) push.unsubscribe(channelOf(window));
  shownList = list;
  for (const window of windows) {
    charts[window].clear();
    push.subscribe(channelOf(window));
  }
}

for (const input of document.querySelectorAll<HTMLInputElement>('input[name="list"]')) {
  // A browser may restore the choice when the page is loaded again.
  if (input.checked) shownList = input.value as PublicList;
  input.addEventListener("change", () => switchTo(input.value as PublicList));
}

push.start();
push.subscribe("stats");
push.subscribe("plays.recent");
for (const window of windows) push.subscribe(channelOf(window));
totals.start();
new PlayForm().start();
setInterval(() => {
  totals.refresh();
  recent.refresh();
}, 1000);
