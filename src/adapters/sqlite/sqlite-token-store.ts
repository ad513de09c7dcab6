import type { StatementSync } from "node:sqlite";
import {
  type AccessToken,
  byAge,
  type TokenHash,
  type TokenId,
  tokenIdOf,
} from "#src/domain/access-token.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import type { TokenStore } from "#src/ports/token-store.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** A row of `tokens`; `user_id` is null in an operator's. */
interface TokenRow {
  readonly hash: TokenHash;
  readonly label: string;
  readonly user_id: UserId | null;
  readonly created_at: EpochMs;
  readonly expires_at: EpochMs;
}

export class SqliteTokenStore implements TokenStore {
  readonly #db: SqliteDatabase;
  readonly #select: StatementSync;
  readonly #selectAll: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    const columns = "hash, label, user_id, created_at, expires_at";
    this.#select = db.prepare(`SELECT ${columns} FROM tokens WHERE hash = ?`);
    this.#selectAll = db.prepare(`SELECT ${columns} FROM tokens`);
    this.#insert = db.prepare(`INSERT OR REPLACE INTO tokens (${columns}) VALUES (?, ?, ?, ?, ?)`);
    this.#delete = db.prepare("DELETE FROM tokens WHERE substr(hash, 1, 12) = ?");
  }

  async find(hash: TokenHash): Promise<AccessToken | undefined> {
    const row = this.#db.run(() => this.#select.get(hash)) as unknown as TokenRow | undefined;
    return row === undefined ? undefined : tokenFrom(row);
  }

  async create({ hash, label, scope, createdAt, expiresAt }: AccessToken): Promise<void> {
    const userId = scope.kind === "listener" ? scope.userId : null;
    this.#db.run(() => this.#insert.run(hash, label, userId, createdAt, expiresAt));
  }

  async revoke(id: TokenId): Promise<boolean> {
    return this.#db.run(() => this.#delete.run(id)).changes > 0;
  }

  async list(): Promise<readonly AccessToken[]> {
    const rows = this.#db.run(() => this.#selectAll.all()) as unknown as TokenRow[];
    return rows.map(tokenFrom).sort(byAge);
  }
}

const tokenFrom = ({ hash, label, user_id, created_at, expires_at }: TokenRow): AccessToken => ({
  id: tokenIdOf(hash),
  hash,
  label,
  scope: user_id === null ? { kind: "operator" } : { kind: "listener", userId: user_id },
  createdAt: created_at,
  expiresAt: expires_at,
});
