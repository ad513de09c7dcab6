import type { StatementSync } from "node:sqlite";
import { type EpochNumber, isWrittenIn } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { UserId } from "#src/domain/play.ts";
import {
  addFigures,
  addProfiles,
  figuresOf,
  type ListenerFigures,
  noProfile,
  type Profile,
} from "#src/domain/profile.ts";
import { countRows, type ProfileDelta, playsIn, profileOf, rowsOf } from "#src/domain/profile-plays.ts";
import { compareUtf8 } from "#src/domain/utf8-order.ts";
import type {
  ProfileAddition,
  ProfileHead,
  ProfileStore,
  ProfileWrite,
  StoredProfile,
} from "#src/ports/profile-store.ts";
import {
  decodeListenerRow,
  decodePlayRows,
  joinRows,
  type ListenerRow,
  noRows,
  type PlayRows,
  PlayRowsEncoder,
} from "#src/wire/play-rows-codec.ts";
import { decodeProfile, encodeProfile } from "#src/wire/profile-codec.ts";
import { decodeHead } from "#src/wire/profile-head-codec.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** How many profiles a listing reads at once. */
const pageSize = 100;

/** How many heads one statement reads. */
const headsAtOnce = 100;

export interface ProfileLimits {
  /** A row of fewer bytes is rewritten: nothing is gained by keeping its newest plays apart. @default 2048 */
  readonly smallBytes: number;
  /** So many plays are kept apart before they are merged. @default 64 */
  readonly apart: number;
  /** A profile of more plays than this names its artists and tracks in place of its plays. @default 512 */
  readonly listed: number;
}

interface ProfileRow {
  readonly user_id: UserId;
  readonly epoch: EpochNumber;
  readonly body: Uint8Array;
  /** Of the plays that are kept apart. */
  readonly head_epoch: EpochNumber | null;
  readonly head: Uint8Array | null;
}

/** Without the profile's own row where plays are kept apart. */
interface HeadRow extends Omit<ProfileRow, "body"> {
  readonly body: Uint8Array | null;
}

type EpochAndBody = Pick<ProfileRow, "epoch" | "body">;
type Figures = readonly [epoch: EpochNumber, listenedMs: number, firstHeardAt: number];

/** What a row of `profiles` says: the plays that make the profile, or where they are many, or an earlier version wrote it, itself. */
type Base = { readonly rows: PlayRows } | { readonly profile: Profile };

/** What was read in order to add to it: the plays that are kept apart, or where none are, the profile's row. */
type HeadContent =
  | { readonly kind: "apart"; readonly rows: PlayRows }
  | { readonly kind: "base"; readonly base: Base; readonly isSmall: boolean };

class Head implements ProfileHead {
  readonly epoch: EpochNumber;
  readonly figures: ListenerFigures;
  readonly content: HeadContent;

  constructor(epoch: EpochNumber, figures: ListenerFigures, content: HeadContent) {
    this.epoch = epoch;
    this.figures = figures;
    this.content = content;
  }
}

/**
 * Profiles, each a row of `profiles`, which lists the plays while they are few: they say everything in half the room of what
 * they come to, and others are written behind them (ADR 29). The newest plays of a large one are a row of `profile_heads`, with the
 * figures of all. That row alone is read and written by most folds.
 */
export class SqliteProfileStore implements ProfileStore {
  readonly #db: SqliteDatabase;
  readonly #limits: ProfileLimits;
  readonly #encoder = new PlayRowsEncoder();
  readonly #select: StatementSync;
  readonly #selectAny: StatementSync;
  readonly #selectHeads: StatementSync;
  readonly #selectHead: StatementSync;
  readonly #selectMostActive: StatementSync;
  readonly #selectPage: StatementSync;
  readonly #countAll: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #updateBase: StatementSync;
  readonly #insertHead: StatementSync;
  readonly #updateHead: StatementSync;
  readonly #deleteHead: StatementSync;

  constructor(db: SqliteDatabase, limits: ProfileLimits = { smallBytes: 2_048, apart: 64, listed: 512 }) {
    this.#db = db;
    this.#limits = limits;
    const columns =
      "p.user_id AS user_id, p.epoch AS epoch, p.body AS body, h.epoch AS head_epoch, h.body AS head";
    const joined = "profiles AS p LEFT JOIN profile_heads AS h ON h.user_id = p.user_id";
    this.#select = db.prepare(`SELECT ${columns} FROM ${joined} WHERE p.user_id = ?`);
    this.#selectAny = db.prepare("SELECT 1 FROM profiles WHERE user_id BETWEEN ? AND ? LIMIT 1");
    const asked = Array.from({ length: headsAtOnce }, () => "(?)").join(", ");
    this.#selectHeads = db.prepare(
      `SELECT p.user_id AS user_id, p.epoch AS epoch, h.epoch AS head_epoch, h.body AS head,
       CASE WHEN h.body IS NULL THEN p.body END AS body FROM (VALUES ${asked}) AS asked
       CROSS JOIN profiles AS p ON p.user_id = asked.column1 LEFT JOIN profile_heads AS h ON h.user_id = p.user_id`,
    );
    this.#selectHead = db.prepare("SELECT epoch, body FROM profile_heads WHERE user_id = ?");
    this.#selectMostActive = db.prepare(
      `SELECT p.user_id AS user_id FROM ${joined} ORDER BY coalesce(h.listened_ms, p.listened_ms) DESC,
       coalesce(h.first_heard_at, p.first_heard_at), p.user_id LIMIT ?`,
    );
    this.#selectPage = db.prepare(
      `SELECT ${columns} FROM ${joined} WHERE p.user_id > ? ORDER BY p.user_id LIMIT ${pageSize}`,
    );
    this.#countAll = db.prepare("SELECT count(*) AS profiles FROM profiles");
    const isBare = "NOT EXISTS (SELECT 1 FROM profile_heads AS h WHERE h.user_id = profiles.user_id)";
    const set = "SET epoch = ?, listened_ms = ?, first_heard_at = ?, body = ? WHERE user_id = ?";
    this.#insert = db.prepare("INSERT OR IGNORE INTO profiles VALUES (?, ?, ?, ?, ?)");
    this.#update = db.prepare(`UPDATE profiles ${set} AND epoch = ? AND ${isBare}`);
    this.#updateBase = db.prepare(`UPDATE profiles ${set}`);
    this.#insertHead = db.prepare(
      `INSERT INTO profile_heads SELECT user_id, ?, ?, ?, ? FROM profiles WHERE user_id = ? AND epoch = ? AND ${isBare}`,
    );
    this.#updateHead = db.prepare(`UPDATE profile_heads ${set} AND epoch = ?`);
    this.#deleteHead = db.prepare("DELETE FROM profile_heads WHERE user_id = ? AND epoch = ?");
  }

  async read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, StoredProfile>> {
    return this.#db.run(() => {
      const found = new Map<UserId, StoredProfile>();
      for (const user of users) {
        const stored = this.#stored(user);
        if (stored !== undefined) found.set(user, stored);
      }
      return found;
    });
  }

  async heads(users: readonly UserId[]): Promise<ReadonlyMap<UserId, ProfileHead>> {
    return this.#db.run(() => {
      const found = new Map<UserId, ProfileHead>();
      if (!this.#isAnyAmong(users)) return found;
      for (let at = 0; at < users.length; at += headsAtOnce) {
        const some = Array.from({ length: headsAtOnce }, (_, i) => users[at + i] ?? null);
        for (const row of this.#selectHeads.all(...some) as unknown as readonly HeadRow[])
          found.set(row.user_id, this.#headOf(row));
      }
      return found;
    });
  }

  async add(epoch: EpochNumber, additions: readonly ProfileAddition[]): Promise<readonly UserId[]> {
    return this.#db.transaction(() =>
      additions.filter((addition) => !this.#add(epoch, addition)).map(({ delta }) => delta.userId),
    );
  }

  async write(epoch: EpochNumber, writes: readonly ProfileWrite[]): Promise<readonly UserId[]> {
    return this.#db.transaction(() =>
      writes
        .filter(({ profile, epochRead }) => {
          const head = this.#selectHead.get(profile.userId) as unknown as EpochAndBody | undefined;
          if (head === undefined || head.epoch !== epochRead)
            return !this.#writeBase(epoch, profile, encodeProfile(profile), epochRead);
          return !this.#replaceBoth(epoch, profile, epochRead, () => encodeProfile(profile));
        })
        .map(({ profile }) => profile.userId),
    );
  }

  async forget(epoch: EpochNumber, user: UserId): Promise<void> {
    const stored = (await this.heads([user])).get(user);
    if (isWrittenIn(epoch, "a profile", stored)) return;
    await this.write(epoch, [{ profile: noProfile(user), epochRead: stored?.epoch }]);
  }

  /** One statement a page: no cursor stays open while the caller works on it. */
  async *list(): AsyncIterable<StoredProfile> {
    let after = "";
    for (;;) {
      const rows = this.#db.run(() => this.#selectPage.all(after)) as unknown as ProfileRow[];
      for (const row of rows) yield toStored(row);
      if (rows.length < pageSize) return;
      after = rows.at(-1)?.user_id ?? "";
    }
  }

  /** How many listeners have a profile. */
  count(): number {
    const row = this.#db.run(() => this.#countAll.get()) as unknown as { readonly profiles: number };
    return row.profiles;
  }

  /** The `limit` listeners who listened longest, in the order of the chart of listeners (I7). */
  *mostActive(limit: number): IterableIterator<Profile> {
    const rows = this.#db.run(() =>
      this.#selectMostActive.all(BigInt(Math.min(limit, Number.MAX_SAFE_INTEGER))),
    );
    for (const { user_id } of rows as unknown as readonly Pick<ProfileRow, "user_id">[]) {
      const stored = this.#db.run(() => this.#stored(user_id));
      if (stored !== undefined) yield stored.profile;
    }
  }

  /** Whether there may be a profile of one of these. Of a store's first listeners there is none: that takes one look for all. */
  #isAnyAmong(users: readonly UserId[]): boolean {
    const [first = "" as UserId] = users;
    const least = users.reduce((a, b) => (compareUtf8(b, a) < 0 ? b : a), first);
    const greatest = users.reduce((a, b) => (compareUtf8(b, a) > 0 ? b : a), first);
    return this.#selectAny.get(least, greatest) !== undefined;
  }

  #stored(user: UserId): StoredProfile | undefined {
    const row = this.#select.get(user) as unknown as ProfileRow | undefined;
    return row && toStored(row);
  }

  #headOf({ user_id: user, epoch, body, head_epoch, head }: HeadRow): Head {
    if (head !== null && head_epoch !== null) {
      const { figures, rows } = apartFrom(user, head);
      return new Head(head_epoch, figures, { kind: "apart", rows });
    }
    if (body === null) throw new CorruptStoreError("a profile has no body");
    const { figures, base } = baseFrom(user, body);
    return new Head(epoch, figures, { kind: "base", base, isSmall: body.length < this.#limits.smallBytes });
  }

  /** Whether it was done. */
  #add(epoch: EpochNumber, { delta, head }: ProfileAddition): boolean {
    if (head === undefined)
      return this.#writeBase(epoch, delta, this.#sumOf(nothing, noRows, delta, delta), undefined);
    if (!(head instanceof Head)) throw new TypeError("a head is of another store");
    const { content } = head;
    const figures = addFigures(head.figures, delta);
    const apart = content.kind === "apart" ? content.rows : noRows;
    const isRewritten = content.kind === "base" && content.isSmall;
    if (!isRewritten && apart.count + countRows(delta.played) <= this.#limits.apart)
      return this.#writeApart(epoch, head, figures, this.#encoder.listenerRow(figures, apart, delta.played));
    if (content.kind === "base")
      return this.#writeBase(epoch, figures, this.#sumOf(content.base, apart, figures, delta), head.epoch);
    return this.#replaceBoth(epoch, figures, head.epoch, (base) => this.#sumOf(base, apart, figures, delta));
  }

  /** The row of a profile that comes of all three. */
  #sumOf(
    base: Base,
    apart: PlayRows,
    figures: ListenerFigures,
    { userId, played }: ProfileDelta,
  ): Uint8Array {
    if ("rows" in base && base.rows.count + apart.count + countRows(played) <= this.#limits.listed)
      return this.#encoder.listenerRow(figures, joinRows(base.rows, apart), played);
    const added = profileOf(userId, [...decodePlayRows(apart), ...playsIn(played)]);
    return encodeProfile(addProfiles(profileFrom(userId, base), added));
  }

  #writeApart(epoch: EpochNumber, before: Head, figures: ListenerFigures, body: Uint8Array): boolean {
    const statement = before.content.kind === "base" ? this.#insertHead : this.#updateHead;
    return statement.run(...columnsOf(epoch, figures), body, figures.userId, before.epoch).changes > 0;
  }

  #writeBase(
    epoch: EpochNumber,
    figures: ListenerFigures,
    body: Uint8Array,
    epochRead: EpochNumber | undefined,
  ): boolean {
    const values = [...columnsOf(epoch, figures), body] as const;
    const { changes } =
      epochRead === undefined
        ? this.#insert.run(figures.userId, ...values)
        : this.#update.run(...values, figures.userId, epochRead);
    return changes > 0;
  }

  /** Puts a profile in place of one whose newest plays are apart. @param bodyOn its row, on the one before */
  #replaceBoth(
    epoch: EpochNumber,
    figures: ListenerFigures,
    epochRead: EpochNumber,
    bodyOn: (before: Base) => Uint8Array,
  ): boolean {
    const { userId } = figures;
    if (this.#deleteHead.run(userId, epochRead).changes === 0) return false;
    const row = this.#select.get(userId) as unknown as EpochAndBody | undefined;
    if (row === undefined) throw new CorruptStoreError("plays are kept apart of a profile that is not there");
    this.#updateBase.run(...columnsOf(epoch, figures), bodyOn(baseFrom(userId, row.body).base), userId);
    return true;
  }
}

const nothing: Base = { rows: noRows };

const columnsOf = (epoch: EpochNumber, { listenedMs, firstHeardAt }: ListenerFigures): Figures => [
  epoch,
  listenedMs,
  firstHeardAt,
];

function baseFrom(
  user: UserId,
  body: Uint8Array,
): { readonly figures: ListenerFigures; readonly base: Base } {
  const listed = decodeListenerRow(user, body);
  if (listed !== undefined) return { figures: listed.figures, base: listed };
  const profile = decodeProfile(body);
  return { figures: figuresOf(profile), base: { profile } };
}

const profileFrom = (user: UserId, base: Base): Profile =>
  "profile" in base ? base.profile : profileOf(user, decodePlayRows(base.rows));

/** What a row of `profile_heads` says, also one that an earlier version wrote. */
function apartFrom(user: UserId, body: Uint8Array): ListenerRow {
  const listed = decodeListenerRow(user, body);
  if (listed !== undefined) return listed;
  const earlier = decodeHead(body);
  if (earlier === undefined) throw new CorruptStoreError(`plays of ${body.length} bytes are no plays`);
  return { figures: earlier.figures, rows: new PlayRowsEncoder().rows(rowsOf(earlier.plays)) };
}

function toStored({ user_id: user, epoch, body, head_epoch, head }: ProfileRow): StoredProfile {
  const profile = profileFrom(user, baseFrom(user, body).base);
  if (head_epoch === null || head === null) return { epoch, profile };
  const { rows } = apartFrom(user, head);
  return { epoch: head_epoch, profile: addProfiles(profile, profileOf(user, decodePlayRows(rows))) };
}
