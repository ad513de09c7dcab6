/**
 * A contestant: what one would write in Node without a second thought, readline and Maps.
 * `node readline-maps.ts FILE OUT SONGS USERS`
 */
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { listedIn, writeAnswers } from "./answers.ts";

interface Tally {
  plays: number;
  first: number;
}

interface Listener {
  ms: number;
  first: number;
  readonly artists: Map<string, Tally>;
}

const [file = "", out = "", ...rest] = process.argv.slice(2);
const listed = listedIn(rest);
const songs = new Map<string, Tally>();
const listeners = new Map<string, Listener>();

function count(tallies: Map<string, Tally>, key: string, at: number): void {
  const tally = tallies.get(key);
  if (tally === undefined) {
    tallies.set(key, { plays: 1, first: at });
    return;
  }
  tally.plays += 1;
  if (at < tally.first) tally.first = at;
}

function add(line: string): void {
  const [user = "", song = "", artist = "", duration = "", time = ""] = line.split(",");
  const at = Date.parse(time);
  count(songs, song, at);
  let listener = listeners.get(user);
  if (listener === undefined) {
    listener = { ms: 0, first: at, artists: new Map() };
    listeners.set(user, listener);
  }
  listener.ms += Math.round(Number(duration) * 1000);
  if (at < listener.first) listener.first = at;
  count(listener.artists, artist, at);
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const byPlays = ([a, x]: [string, Tally], [b, y]: [string, Tally]): number =>
  y.plays - x.plays || x.first - y.first || byBytes(a, b);

const lines = createInterface({ input: createReadStream(file) }); // events: a fifth less CPU time than `for await`
lines.once("line", () => lines.on("line", add)); // the first is the head
await once(lines, "close");

const mostActive = [...listeners]
  .sort(([a, x], [b, y]) => y.ms - x.ms || x.first - y.first || byBytes(a, b))
  .slice(0, listed.users);
writeAnswers(out, {
  songs: songs.size,
  listeners: listeners.size,
  topSongs: [...songs]
    .sort(byPlays)
    .slice(0, listed.songs)
    .map(([song, { plays }]) => [song, plays]),
  users: mostActive
    .sort(([a], [b]) => byBytes(a, b))
    .map(([user, { ms, artists }]) => [user, ms, [...artists].sort(byPlays)[0]?.[0] ?? ""]),
});
