import type { Section } from "./page.ts";

/** In the order in which the page has them. */
export const sections: readonly Section[] = [
  {
    name: "batch",
    title: "A file of plays",
    text: `\`earworm analyze\` on a seeded file (listeners and songs a tenth of the rows, by Zipf's law), beside DuckDB and a straightforward Node script
(readline and Maps). All have to find the same: plays of each song, listened time and favourite artist of each listener, ties broken as
I7 says; where they disagree the bench fails. DuckDB reads the file once, into tallies by grouping sets, the fastest of the ways that were tried.`,
  },
  {
    name: "consumer",
    title: "The consumer",
    text: `The deployed handler over full batches of one shard, with segments in memory and the ids of one dedupe horizon known: decode,
dedupe, pre-aggregate, encode. JSON.parse over the same text, and nothing else, is beside it.`,
  },
  {
    name: "stores",
    title: "Stores on AWS",
    text: `One epoch of a warm service (28 days at that rate), all handlers over the DynamoDB adapters against DynamoDB Local, which tells the units that
each request consumed; \`npm run cost\` has the details. Beside it a consumer that sends an UpdateItem for each counter of each play.
CPU time is told where every key was metered.`,
  },
  {
    name: "growth",
    title: "Ten times the plays",
    text: `What ten times the plays take, of as many listeners and songs and of ten times as many, and how memory grows with a file whose further
rows are of exactly the same listeners and songs.`,
  },
  {
    name: "latency",
    title: "Put to push",
    text: `The embedded runtime, put to over its Kinesis port by an open-loop generator (a play's time runs from when it was due, whatever the server does)
until a WebSocket client holds the message of the epoch that counts it. The tick is what the time consists of: half of it on average,
all of it at worst.`,
  },
  {
    name: "sustain",
    title: "20,000 plays a second",
    text: `The embedded runtime for five minutes (\`npm run load -- --profile soak --rate 20000\`), with a dedupe horizon of 60 s; and a tenth of the rate beside it.`,
  },
];
