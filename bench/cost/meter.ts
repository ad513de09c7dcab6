import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { DynamoDbLocal } from "#test/support/dynamodb-local.ts";
import { refusedWriteUnits } from "./item-size.ts";

/** What units are spent on, by the key of the item. */
export const kinds = [
  "segments",
  "songs",
  "artists",
  "dimensions",
  "profiles",
  "lists",
  "epochs",
  "connections",
  "other",
] as const;
export type Kind = (typeof kinds)[number];

/** Capacity units and requests. */
export interface Units {
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly requests: number;
}

export type Usage = Readonly<Record<Kind, Units>>;

export interface Metered {
  readonly usage: Usage;
  /** How often a request started while none was under way: what a handler waits for, one after the other. */
  readonly rounds: number;
}

const noUnits: Units = { writeUnits: 0, readUnits: 0, requests: 0 };

export const noUsage = (): Usage => Object.fromEntries(kinds.map((kind) => [kind, noUnits])) as Usage;

export const addUnits = (a: Units, b: Units): Units => ({
  writeUnits: a.writeUnits + b.writeUnits,
  readUnits: a.readUnits + b.readUnits,
  requests: a.requests + b.requests,
});

export const scaleUnits = (units: Units, factor: number): Units => ({
  writeUnits: units.writeUnits * factor,
  readUnits: units.readUnits * factor,
  requests: units.requests * factor,
});

export function mapUsage(usage: Usage, map: (units: Units, kind: Kind) => Units): Usage {
  return Object.fromEntries(kinds.map((kind) => [kind, map(usage[kind], kind)])) as Usage;
}

export const addUsage = (a: Usage, b: Usage): Usage => mapUsage(a, (units, kind) => addUnits(units, b[kind]));

export const totalUnits = (usage: Usage): Units => kinds.map((kind) => usage[kind]).reduce(addUnits, noUnits);

/** What the bench looks at in a request; each command has some of it. */
interface RequestInput {
  readonly Key?: Readonly<Record<string, unknown>>;
  readonly Item?: Readonly<Record<string, unknown>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
  readonly RequestItems?: Readonly<Record<string, RequestedKeys>>;
  readonly TransactItems?: readonly { readonly Put?: { readonly Item?: Record<string, unknown> } }[];
  readonly ConsistentRead?: boolean;
  readonly Statements?: readonly Statement[];
}

interface Statement {
  readonly Statement: string;
  readonly Parameters: readonly unknown[];
}

interface RequestedKeys {
  readonly Keys?: readonly Record<string, unknown>[];
  readonly ConsistentRead?: boolean;
}

interface Consumed {
  readonly CapacityUnits?: number | undefined;
}

interface Answer {
  readonly ConsumedCapacity?: Consumed | readonly Consumed[];
  readonly Responses?: Readonly<Record<string, readonly unknown[]>>;
}

/** What reads or writes items, and so consumes something. */
const dataCommand = /Item|Query|Scan|Statement/;

const mirroredAtOnce = 32;

/** An item that a statement wrote. */
interface Written {
  readonly table: string;
  readonly key: { readonly pk: string; readonly sk: string };
}

/**
 * Asks DynamoDB what each request of a client consumed, and adds it up by kind of item.
 *
 * DynamoDB Local does not say what statements consume; the service bills each like the write that it is. So what they wrote is
 * put into another table once more, over what was there before, and counts as what that consumes.
 */
export class CapacityMeter {
  readonly #local: DynamoDbLocal;
  readonly #mirrors = new Map<string, Promise<string>>();
  #units = new Map<Kind, Units>();
  readonly #statements: Statement[] = [];
  #isMirroring = false;
  #rounds = 0;
  #underWay = 0;

  constructor(local: DynamoDbLocal) {
    this.#local = local;
    local.client.middlewareStack.add(
      (next, context) => async (args) => {
        const input = args.input as RequestInput;
        const command = String(context.commandName);
        if (this.#isMirroring || !dataCommand.test(command)) return await next(args);
        const asked = { ...args.input, ReturnConsumedCapacity: "TOTAL" } as typeof args.input;
        this.#start();
        try {
          const result = await next({ ...args, input: asked });
          this.#note(command, input, result.output as Answer);
          return result;
        } catch (cause) {
          if (cause instanceof ConditionalCheckFailedException) {
            this.#add(command, input, refusedWriteUnits(input.Item ?? input.Key ?? {}, cause.Item ?? {}));
          }
          throw cause;
        } finally {
          this.#underWay -= 1;
        }
      },
      { step: "initialize", name: "earwormCapacityMeter", priority: "high" },
    );
  }

  /** What was consumed since the last call. */
  async take(): Promise<Metered> {
    await this.#mirrorStatements();
    const usage = mapUsage(noUsage(), (none, kind) => this.#units.get(kind) ?? none);
    const metered = { usage, rounds: this.#rounds };
    this.#units = new Map();
    this.#rounds = 0;
    return metered;
  }

  #note(command: string, input: RequestInput, output: Answer): void {
    if (input.Statements !== undefined) this.#noteStatements(input.Statements);
    else this.#add(command, input, consumedUnits(output.ConsumedCapacity) + notFoundUnits(input, output));
  }

  #noteStatements(statements: readonly Statement[]): void {
    this.#statements.push(...statements);
    const [first] = statements;
    const kind = kindOf(first === undefined ? "" : writtenBy(first).key.pk);
    this.#units.set(kind, addUnits(this.#units.get(kind) ?? noUnits, { ...noUnits, requests: 1 }));
  }

  /** Afterwards, so that it takes no CPU time of what is metered: an epoch writes a counter once. */
  async #mirrorStatements(): Promise<void> {
    const written = this.#statements.splice(0).map(writtenBy);
    this.#isMirroring = true;
    for (let i = 0; i < written.length; i += mirroredAtOnce)
      await Promise.all(written.slice(i, i + mirroredAtOnce).map((each) => this.#mirror(each)));
    this.#isMirroring = false;
  }

  async #mirror({ table, key }: Written): Promise<void> {
    const { client } = this.#local;
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
    const put = { TableName: await this.#mirrorOf(table), Item, ReturnConsumedCapacity: "TOTAL" } as const;
    const { ConsumedCapacity } = await client.send(new PutCommand(put));
    const kind = kindOf(key.pk);
    const added = { ...noUnits, writeUnits: consumedUnits(ConsumedCapacity) };
    this.#units.set(kind, addUnits(this.#units.get(kind) ?? noUnits, added));
  }

  #mirrorOf(table: string): Promise<string> {
    const mirror = this.#mirrors.get(table) ?? this.#local.createTable();
    this.#mirrors.set(table, mirror);
    return mirror;
  }

  #start(): void {
    if (this.#underWay === 0) this.#rounds += 1;
    this.#underWay += 1;
  }

  #add(command: string, input: RequestInput, reported: number): void {
    const kind = kindOf(partitionKeyOf(input));
    const isRead = /^(Get|BatchGet|Query|Scan)/.test(command);
    // DynamoDB Local reports 0 for a query that finds nothing; the service bills the least it can read.
    const units = isRead ? Math.max(reported, leastUnits(input)) : reported;
    const added = { writeUnits: isRead ? 0 : units, readUnits: isRead ? units : 0, requests: 1 };
    this.#units.set(kind, addUnits(this.#units.get(kind) ?? noUnits, added));
  }
}

/** The item of a statement as the adapter writes them: `INSERT ... VALUE {'pk':?,'sk':?,...}`, `UPDATE ... WHERE "pk"=? AND "sk"=? ...`. */
function writtenBy({ Statement, Parameters }: Statement): Written {
  const [, table = ""] = /^(?:INSERT INTO|UPDATE) "([^"]+)"/.exec(Statement) ?? [];
  const placeholders = Statement.replaceAll("?", "\u0000?").split("\u0000");
  const at = placeholders.findIndex((text) => /["']pk["'] ?[=:]$/.test(text));
  const [pk, sk] = [Parameters[at], Parameters[at + 1]];
  if (table === "" || typeof pk !== "string" || typeof sk !== "string")
    throw new Error(`no key in ${Statement}`);
  return { table, key: { pk, sk } };
}

/** A transaction answers once a table; its units are doubled already. */
function consumedUnits(consumed: Consumed | readonly Consumed[] | undefined): number {
  if (consumed === undefined) throw new Error("DynamoDB did not say what a request consumed");
  const all = Array.isArray(consumed) ? (consumed as readonly Consumed[]) : [consumed as Consumed];
  return all.reduce((sum, each) => sum + (each.CapacityUnits ?? 0), 0);
}

/** DynamoDB Local reports nothing for a key of a batch without an item; the service bills the least a read costs. */
function notFoundUnits({ RequestItems = {} }: RequestInput, { Responses = {} }: Answer): number {
  const asked = Object.values(RequestItems).reduce((sum, { Keys = [] }) => sum + Keys.length, 0);
  const found = Object.values(Responses).reduce((sum, items) => sum + items.length, 0);
  return (asked - found) * leastUnits({ RequestItems });
}

/** The least that a read costs: half where it may be out of date. */
function leastUnits({ ConsistentRead, RequestItems = {} }: RequestInput): number {
  const [batch] = Object.values(RequestItems);
  return (ConsistentRead ?? batch?.ConsistentRead) === false ? 0.5 : 1;
}

function partitionKeyOf(input: RequestInput): string {
  const [batch] = Object.values(input.RequestItems ?? {});
  const candidates = [
    input.Key?.["pk"],
    input.Item?.["pk"],
    input.TransactItems?.[0]?.Put?.Item?.["pk"],
    batch?.Keys?.[0]?.["pk"],
    input.ExpressionAttributeValues?.[":pk"],
  ];
  return String(candidates.find((pk) => pk !== undefined));
}

const kindByPrefix: readonly (readonly [string, Kind])[] = [
  ["SEG#", "segments"],
  ["HEAD", "segments"],
  ["SONG#", "songs"],
  ["ARTIST#", "artists"],
  ["DIM#", "dimensions"],
  ["ALL", "dimensions"],
  ["REPEATED", "dimensions"],
  ["FORGOTTEN", "dimensions"],
  ["USER#", "profiles"],
  ["EPOCH", "epochs"],
  ["LEASE", "epochs"],
  ["BROADCAST", "epochs"],
  ["CHART#", "lists"],
  ["DELTA#", "lists"],
  ["TOPS#", "lists"],
  ["RECENT", "lists"],
  ["TRENDING", "lists"],
  ["SERIES", "lists"],
  ["SHARE#", "lists"],
  ["BIN#", "connections"],
];

/** The kind of an item by its partition key. */
export function kindOf(pk: string): Kind {
  return kindByPrefix.find(([prefix]) => pk.startsWith(prefix))?.[1] ?? "other";
}
