import type { EndReason, EpochMs, EventId, Play } from "#src/domain/play.ts";
import { Catalog } from "./catalog.ts";
import { type Listener, makeListener } from "./listener.ts";
import { mix, Random } from "./random.ts";
import { Zipf } from "./zipf.ts";

/** What simulated plays carry as `client`. */
export const simulatorClient = "earworm-simulator";

const moods = [
  ...(["Chill", "Energetic", "Sad", "Melancholy", "Happy", "Romantic", "Angry", "Focused"] as const),
  ...(["Nostalgic", "Dreamy", "Party", "Relaxed", "Motivated", "Calm", "Dark"] as const),
] as const;

export interface SimulatorOptions {
  /** A 32-bit integer. The same seed and the same times give the same plays. */
  readonly seed: number;
  readonly users: number;
  readonly songs: number;
  /**
   * How many listen at once: a rate of plays a second times some 200 s is lifelike.
   * @default 2,000, or all users where they are fewer
   */
  readonly listening?: number;
}

interface Session {
  user: number;
  listener: Listener;
  id: string;
  mood: (typeof moods)[number];
  playsLeft: number;
}

interface Listening {
  readonly endReason: EndReason;
  readonly msPlayed: number;
}

/**
 * Invents plays: listeners with a home, a platform and favourite artists come back for sessions of several plays;
 * songs are popular by Zipf's law; what is not a favourite is skipped more and rated lower. Memory is bounded by the
 * number of users (a byte each), of songs (8 bytes) and of sessions.
 */
export class Simulator {
  readonly #random: Random;
  readonly #seed: number;
  readonly #users: number;
  readonly #catalog: Catalog;
  readonly #popularity: Zipf;
  readonly #busy: Uint8Array;
  readonly #listening: number;
  readonly #sessions: Session[] = [];
  #sessionCount = 0;
  #playCount = 0;

  constructor({ seed, users, songs, listening = 2000 }: SimulatorOptions) {
    this.#seed = seed >>> 0;
    this.#random = new Random(this.#seed);
    this.#users = users;
    this.#catalog = new Catalog(songs, this.#seed);
    this.#popularity = new Zipf(songs);
    this.#busy = new Uint8Array(users);
    this.#listening = Math.max(1, Math.min(listening, Math.ceil(users / 2)));
  }

  /** The next play. It starts at `at`, and its id is of this seed, this time and this place in the order. */
  next(at: EpochMs): Play {
    const random = this.#random;
    const session = this.#session(random.below(this.#listening));
    const { listener } = session;
    const isFavourite = random.chance(listener.loyalty);
    const track = this.#catalog.track(
      isFavourite ? this.#favouriteOf(listener) : this.#popularity.rank(random.next()),
    );
    const { endReason, msPlayed } = this.#listen(track.durationMs ?? 0, isFavourite);
    const play: Play = {
      eventId: this.#nextId(at),
      userId: listener.userId,
      track,
      startedAt: at,
      msPlayed,
      endReason,
      mood: session.mood,
      platform: listener.platform,
      geo: listener.geo,
      sessionId: session.id,
      deviceId: listener.deviceId,
      client: simulatorClient,
      tz: listener.tz,
    };
    return random.chance(0.12) ? { ...play, rating: this.#rate(isFavourite, endReason) } : play;
  }

  #nextId(at: EpochMs): EventId {
    const count = this.#playCount++;
    return `sim-${this.#seed.toString(36)}-${at.toString(36)}-${count.toString(36)}` as EventId;
  }

  /** The session of a slot, with one play less to go; a new listener's when the last one went. */
  #session(slot: number): Session {
    let session = this.#sessions[slot];
    if (session === undefined || session.playsLeft === 0) {
      if (session !== undefined) this.#busy[session.user] = 0;
      session = this.#startSession();
      this.#sessions[slot] = session;
    }
    session.playsLeft -= 1;
    return session;
  }

  #startSession(): Session {
    const random = this.#random;
    // Some users come much more often than others.
    let user = Math.floor(random.next() ** 1.6 * this.#users);
    while (this.#busy[user] === 1) user = user + 1 === this.#users ? 0 : user + 1;
    this.#busy[user] = 1;
    return {
      user,
      listener: makeListener(user, this.#seed, this.#catalog, this.#popularity),
      id: `session-${mix(this.#sessionCount++, this.#seed).toString(36)}-${this.#sessionCount.toString(36)}`,
      mood: random.pick(moods),
      playsLeft: 1 + Math.floor(-Math.log(1 - random.next()) * 8),
    };
  }

  #favouriteOf({ favourites }: Listener): number {
    const random = this.#random;
    const artist = favourites[Math.floor(random.next() ** 2 * favourites.length)] ?? favourites[0];
    return this.#catalog.songOf(artist, random.next() ** 2);
  }

  #listen(durationMs: number, isFavourite: boolean): Listening {
    const random = this.#random;
    const fate = random.next();
    if (fate < (isFavourite ? 0.08 : 0.25)) {
      const msPlayed = Math.floor(-Math.log(1 - random.next()) * 25_000);
      return { endReason: "skip", msPlayed: Math.min(msPlayed, Math.floor(durationMs * 0.79)) };
    }
    if (fate < 0.92) return { endReason: "done", msPlayed: durationMs };
    const endReason = fate < 0.98 ? "stop" : fate < 0.99 ? "error" : "unknown";
    return { endReason, msPlayed: random.below(durationMs + 1) };
  }

  /** Half stars. */
  #rate(isFavourite: boolean, endReason: EndReason): number {
    const best = endReason === "skip" ? 3 : 5;
    const spread = isFavourite ? 4 : 8;
    return Math.max(0, best - this.#random.below(spread + 1) / 2);
  }
}

export function createSimulator(options: SimulatorOptions): Simulator {
  return new Simulator(options);
}

export interface Span {
  /** When the first play starts. */
  readonly from: EpochMs;
  readonly count: number;
  /** Plays a second. */
  readonly rate: number;
}

/** `count` plays, evenly spread from `from` on. */
export function* simulatePlays(simulator: Simulator, { from, count, rate }: Span): Generator<Play> {
  for (let i = 0; i < count; i++) yield simulator.next(Math.floor(from + (i * 1000) / rate) as EpochMs);
}
