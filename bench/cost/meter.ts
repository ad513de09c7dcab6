import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
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
  readonly RequestItems?: Readonly<Record<string, { readonly Keys?: readonly Record<string, unknown>[] }>>;
  readonly TransactItems?: readonly { readonly Put?: { readonly Item?: Record<string, unknown> } }[];
  readonly ConsistentRead?: boolean;
}

interface Consumed {
  readonly CapacityUnits?: number;
}

interface Answer {
  readonly ConsumedCapacity?: Consumed | readonly Consumed[];
  readonly Responses?: Readonly<Record<string, readonly unknown[]>>;
}

/** What reads or writes items, and so consumes something. */
const dataCommand = /Item|Query|Scan/;

/** Asks DynamoDB what each request of a client consumed, and adds it up by kind of item. */
export class CapacityMeter {
  #units = new Map<Kind, Units>();
  #rounds = 0;
  #underWay = 0;

  constructor(client: DynamoDBDocumentClient) {
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const input = args.input as RequestInput;
        const command = String(context.commandName);
        if (!dataCommand.test(command)) return await next(args);
        const asked = { ...args.input, ReturnConsumedCapacity: "TOTAL" } as typeof args.input;
        this.#start();
        try {
          const result = await next({ ...args, input: asked });
          const output = result.output as Answer;
          this.#add(command, input, consumedUnits(output.ConsumedCapacity) + notFoundUnits(input, output));
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
  take(): Metered {
    const usage = mapUsage(noUsage(), (none, kind) => this.#units.get(kind) ?? none);
    const metered = { usage, rounds: this.#rounds };
    this.#units = new Map();
    this.#rounds = 0;
    return metered;
  }

  #start(): void {
    if (this.#underWay === 0) this.#rounds += 1;
    this.#underWay += 1;
  }

  #add(command: string, input: RequestInput, reported: number): void {
    const kind = kindOf(partitionKeyOf(input));
    const isRead = /^(Get|BatchGet|Query|Scan)/.test(command);
    // DynamoDB Local reports 0 for a query that finds nothing; the service bills the least it can read.
    const units = isRead ? Math.max(reported, input.ConsistentRead === false ? 0.5 : 1) : reported;
    const added = { writeUnits: isRead ? 0 : units, readUnits: isRead ? units : 0, requests: 1 };
    this.#units.set(kind, addUnits(this.#units.get(kind) ?? noUnits, added));
  }
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
  return asked - Object.values(Responses).reduce((sum, items) => sum + items.length, 0);
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
  ["BIN#", "connections"],
];

/** The kind of an item by its partition key. */
export function kindOf(pk: string): Kind {
  return kindByPrefix.find(([prefix]) => pk.startsWith(prefix))?.[1] ?? "other";
}
