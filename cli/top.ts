import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { type ChartWindow, chartWindows } from "#src/domain/windows.ts";
import { type PublicList, publicLists } from "#src/wire/push-protocol.ts";
import { integerOption } from "./options.ts";

interface TopOptions {
  readonly window: ChartWindow;
  readonly url: string;
  readonly limit: number;
  readonly once: boolean;
}

const examples = `
On a terminal the chart is drawn over itself until Ctrl-C; anywhere else it is printed once, and then a line for each change.

Examples:
  earworm top                                what is hot, from the earworm dev of this machine
  earworm top artists --window day --limit 10
  earworm top --once                         one chart, and the end
  earworm top --url wss://abc123.execute-api.eu-central-1.amazonaws.com/prod`;

/** As many as a snapshot has (src/wire/push-limits.ts). */
const mostEntries = 100;

function webSocketOption(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === "ws:" || url?.protocol === "wss:") return text;
  throw new InvalidArgumentError("Expected a URL such as ws://127.0.0.1:8080/ws.");
}

export function registerTop(program: Command): void {
  program
    .command("top")
    .description("a live chart in the terminal")
    .addArgument(new Argument("[list]", "what to rank").choices(publicLists).default("songs"))
    .addOption(new Option("--window <window>", "of which time").choices(chartWindows).default("hot"))
    .option("--url <url>", "the WebSocket", webSocketOption, "ws://127.0.0.1:8080/ws")
    .option("--limit <n>", "entries at most", integerOption(1, mostEntries), 20)
    .option("--once", "print one chart and end", false)
    .addHelpText("after", examples)
    .action(top);
}

async function top(list: PublicList, { window, url, limit, once }: TopOptions): Promise<void> {
  const { followChart } = await import("./top/follow-chart.ts");
  const { LiveView, PlainView } = await import("./top/views.ts");
  const ended = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());
  const followed = { channel: `${list}.${window}`, url, once, signal: ended.signal } as const;
  const { stdout, env } = process;
  if (once || !stdout.isTTY || env["TERM"] === "dumb") {
    await followChart(followed, new PlainView(stdout, limit));
    return;
  }
  const view = new LiveView(stdout, limit, (env["NO_COLOR"] ?? "") === "");
  stdout.on("resize", () => view.redraw());
  try {
    await followChart(followed, view);
  } finally {
    view.close();
  }
}
