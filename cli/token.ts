import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type AccessToken,
  isExpired,
  isTokenId,
  type TokenHash,
  type TokenScope,
  tokenIdOf,
  tokenText,
} from "#src/domain/access-token.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { isUserId } from "#src/domain/user-id.ts";
import { dayMs } from "#src/domain/windows.ts";
import type { TokenStore } from "#src/ports/token-store.ts";
import { formatIsoTime } from "#src/wire/iso-time.ts";
import { CliError, UsageError } from "./cli-error.ts";
import { integerOption } from "./options.ts";
import { onStage, type Target, withTarget } from "./target.ts";

interface CreateOptions extends Target {
  readonly label: string;
  readonly user?: UserId;
  readonly operator?: true;
  readonly days: number;
}

const defaultDays = 90;
const mostDays = 3_650;
const longestLabel = 100;
const tokenBytes = 32;

const examples = `
A token opens the HTTP API's listeners and POST /plays: all of them (--operator), or one listener's (--user).

Examples:
  earworm token create --operator --label "nightly import" --stage prod
  EARWORM_TOKEN=$(earworm token create --user ann --label "ann's phone" --days 30)
  curl -H "Authorization: Bearer $EARWORM_TOKEN" http://127.0.0.1:8080/users/ann
  earworm token list --stage prod
  earworm token revoke 0123456789ab --stage prod`;

const createExamples = `
Examples:
  earworm token create --operator --label "nightly import" --stage prod
  earworm token create --user ann --label "ann's phone" --days 30`;

function labelOption(text: string): string {
  // Lists and terminals show it as it is.
  if (/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,100}$/u.test(text) && text.trim() !== "") return text;
  throw new InvalidArgumentError(`Expected 1 to ${longestLabel} characters on one line.`);
}

function userOption(text: string): UserId {
  if (isUserId(text)) return text;
  throw new InvalidArgumentError("Expected 1 to 128 characters.");
}

/** Runs `work` on the tokens of the target. */
async function withTokens<T>(target: Target, work: (tokens: TokenStore) => Promise<T>): Promise<T> {
  if (target.stage !== undefined) return await inDeployment(target.stage, work);
  return await inDataDir(target.dataDir, work);
}

async function inDeployment<T>(stage: string, work: (tokens: TokenStore) => Promise<T>): Promise<T> {
  const { DynamoDbTokenStore } = await import("#src/adapters/dynamodb/dynamodb-token-store.ts");
  return await onStage(stage, (client, { countersTable }) =>
    work(new DynamoDbTokenStore(client, countersTable)),
  );
}

/** The directory's lock is not taken: `earworm dev` may run on it, and SQLite lets one write after the other. */
async function inDataDir<T>(dataDir: string, work: (tokens: TokenStore) => Promise<T>): Promise<T> {
  if (!existsSync(join(dataDir, "earworm.db"))) {
    throw new CliError(`${dataDir} is not a data directory: start earworm dev on it first, or give --stage`);
  }
  const { openStores } = await import("#local/stores.ts");
  const stores = openStores(dataDir, { survives: "power-loss" });
  try {
    return await work(stores.tokens);
  } finally {
    stores.close();
  }
}

function scopeOf({ user, operator }: CreateOptions): TokenScope {
  if (user !== undefined) return { kind: "listener", userId: user };
  if (operator) return { kind: "operator" };
  throw new UsageError("say whom the token is for: --user <id> for one listener, --operator for all of them");
}

async function create(options: CreateOptions): Promise<void> {
  const scope = scopeOf(options);
  const text = tokenText(randomBytes(tokenBytes).toString("base64url"));
  const hash = createHash("sha256").update(text).digest("hex") as TokenHash;
  const createdAt = Date.now() as EpochMs;
  const expiresAt = (createdAt + options.days * dayMs) as EpochMs;
  const token = { id: tokenIdOf(hash), hash, label: options.label, scope, createdAt, expiresAt };
  await withTokens(options, (tokens) => tokens.create(token));
  console.log(text);
  console.error(
    `token ${token.id} (${whom(scope)}) is good until ${formatIsoTime(expiresAt)}; it is shown this once, keep it`,
  );
}

async function revoke(id: string, options: Target): Promise<void> {
  // Not Commander's to check: it would repeat the text, and that may be the token itself.
  if (!isTokenId(id)) throw new UsageError("a token's id is the 12 hex digits that earworm token list shows");
  const isRevoked = await withTokens(options, (tokens) => tokens.revoke(id));
  if (!isRevoked) throw new CliError(`there is no token ${id}`);
  console.log(`revoked ${id}`);
}

async function list(options: Target): Promise<void> {
  const tokens = await withTokens(options, (store) => store.list());
  const now = Date.now() as EpochMs;
  for (const token of tokens) console.log(lineOf(token, now));
  if (tokens.length === 0) console.error("no tokens");
}

/** Tabs between the columns: a label and a listener's id may hold spaces. */
function lineOf(token: AccessToken, now: EpochMs): string {
  const state = isExpired(token, now) ? "expired" : "until";
  const { id, scope, expiresAt, label } = token;
  return [id, whom(scope), `${state} ${formatIsoTime(expiresAt)}`, label].join("\t");
}

/** A listener's id may hold any character but NUL; a terminal gets it escaped. */
const whom = (scope: TokenScope): string =>
  scope.kind === "operator" ? "operator" : `listener ${JSON.stringify(scope.userId)}`;

export function registerToken(program: Command): void {
  const token = program
    .command("token")
    .description("make, list and revoke the tokens of the HTTP API")
    .addHelpText("after", examples);
  withTarget(token.command("create"))
    .description("make a token and print it; only its hash is kept")
    .requiredOption("--label <text>", "what it is for", labelOption)
    .addOption(new Option("--user <id>", "for one listener").argParser(userOption).conflicts("operator"))
    .option("--operator", "for every listener")
    .option("--days <n>", "how long it is good for", integerOption(1, mostDays), defaultDays)
    .addHelpText("after", createExamples)
    .action(create);
  withTarget(token.command("revoke"))
    .description("end a token at once")
    .argument("<id>", "its 12 hex digits")
    .action(revoke);
  withTarget(token.command("list"))
    .description("list tokens, the oldest first: id, whom it is for, until when, label")
    .action(list);
}
