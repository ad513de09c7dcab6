import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { EpochMs, Play, UserId } from "#src/domain/play.ts";
import { minuteMs } from "#src/domain/windows.ts";
import { deltaRingSize } from "#src/wire/chart-delta.ts";
import * as limits from "#src/wire/push-limits.ts";
import { type Channel, channels, errorReasons } from "#src/wire/push-protocol.ts";
import { aPlay } from "#test/support/builders.ts";
import { Live } from "#test/support/live.ts";

interface AsyncApi {
  readonly channels: { readonly socket: { readonly messages: Readonly<Record<string, object>> } };
  readonly operations: Readonly<Record<"hear" | "tell", { readonly messages: readonly { $ref: string }[] }>>;
  readonly components: {
    readonly messages: Readonly<Record<string, { readonly payload: { readonly $ref: string } }>>;
    readonly schemas: Readonly<Record<string, { readonly enum?: readonly string[] }>>;
  };
}

const api: AsyncApi = parse(readFileSync("docs/asyncapi.yaml", "utf8"));
const protocol = readFileSync("docs/protocol.md", "utf8");

/** The same schemas, of which none has a property that is not described. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)]);
  const isOpen = "properties" in schema && !("additionalProperties" in schema);
  return { ...Object.fromEntries(entries), ...(isOpen && { additionalProperties: false }) };
}

const ajv = new Ajv({ allowUnionTypes: true });
const root = JSON.stringify({ $id: "api", definitions: closed(api.components.schemas) });
ajv.addSchema(JSON.parse(root.replaceAll("#/components/schemas/", "api#/definitions/")));

const nameIn = (ref: string): string => ref.slice(ref.lastIndexOf("/") + 1);
const spoken = (operation: "hear" | "tell"): readonly string[] =>
  api.operations[operation].messages.map(({ $ref }) => nameIn($ref));

const validators = Object.entries(api.components.messages).map(([name, { payload }]) => ({
  name,
  validate: ajv.compile({ $ref: `api#/definitions/${nameIn(payload.$ref)}` }),
}));

/** The documented messages that this one is, by their names. */
const kindsOf = (message: unknown): readonly string[] =>
  validators.filter(({ validate }) => validate(message)).map(({ name }) => name);

/** Why a message is none of its kind, for whoever has to mend it. */
function complaintsOf(message: unknown): string {
  const reasons = validators.map(({ name, validate }) => {
    validate(message);
    return `${name}: ${ajv.errorsText(validate.errors)}`;
  });
  return `${JSON.stringify(message).slice(0, 500)}: ${reasons.join(" | ")}`;
}

/** Forty songs, each by six listeners, so that a change is shorter than the list and some song rises. */
function aCrowd(startedAt: number): readonly Play[] {
  return Array.from({ length: 240 }, (_, i) => {
    const id = `S${i % 40}`;
    const userId = `listener ${Math.floor(i / 40)}` as UserId;
    const track = { id, artist: `artist of ${id}`, title: `title of ${id}`, genre: `genre of ${id}` };
    return aPlay({ userId, startedAt, track });
  });
}

const isOfRising = (message: object): boolean => JSON.stringify(message).includes('"expected":');

/** Every frame that a server sends while charts change, clients come back and messages make no sense. */
async function captureFrames(): Promise<readonly unknown[]> {
  const live = new Live();
  const frames: unknown[] = [];
  const { gateway } = live.push;
  const send = gateway.send.bind(gateway);
  gateway.send = (connection, frame) => {
    frames.push(JSON.parse(frame));
    return send(connection, frame);
  };
  await live.say({ action: "subscribe", channel: "songs.day" }); // before the first epoch
  await live.say({ action: "subscribe", channel: "stats" });
  await live.put(aCrowd(live.now - 500));
  const say = async (message: object) => void (await live.say(message));
  for (const channel of channels) {
    live.now = (live.now + minuteMs) as EpochMs;
    const [snapshot] = await live.say({ action: "subscribe", channel });
    const since = { log: snapshot?.["log"], seq: snapshot?.["seq"] };
    await live.play("S1", "S2");
    await live.play("S3", "new");
    await live.say({ action: "subscribe", channel, since });
    const [newest] = await live.say({ action: "subscribe", channel });
    await say({ action: "subscribe", channel, since: { log: newest?.["log"], seq: newest?.["seq"] } });
    await say({ action: "unsubscribe", channel });
  }
  for (const channel of channels) await say({ action: "subscribe", channel });
  await say({ action: "subscribe", channel: "songs.decade" });
  await say({ action: "subscribe", channel: "stats", since: 7 });
  await say({ action: "subscribe", channel: "stats", since: { log: "x".repeat(4096), seq: 1 } });
  await say({ action: "dance" });
  await say([]);
  await say({ action: "ping" });
  return frames;
}

describe("docs/asyncapi.yaml", () => {
  let frames: readonly unknown[];
  let heard: readonly Readonly<Record<string, unknown>>[];
  beforeAll(async () => {
    frames = await captureFrames();
    heard = frames.flat() as Record<string, unknown>[];
  });

  test("describes every message that a server sends, each by one schema with all of its fields", () => {
    const strangers = heard.filter((message) => kindsOf(message).length !== 1);

    expect(strangers.slice(0, 3).map(complaintsOf)).toEqual([]);
    expect(new Set([...heard, ...frames].flatMap(kindsOf))).toEqual(new Set(spoken("tell")));
    expect(frames.filter((frame) => kindsOf(frame).length !== 1)).toEqual([]);
  });

  test("was held against every channel and every reason of an error", () => {
    expect(new Set(heard.flatMap(({ channel }) => channel ?? []))).toEqual(new Set(channels));
    expect(heard.filter(isOfRising).map(({ channel }) => channel)).toContain("songs.rising");
    expect(new Set(heard.flatMap(({ reason }) => reason ?? []))).toEqual(new Set(errorReasons));
  });

  test("names the channels and the reasons that there are", () => {
    expect([...(api.components.schemas["Channel"]?.enum ?? [])].sort()).toEqual([...channels].sort());
    expect(api.components.schemas["ErrorReason"]?.enum).toEqual(errorReasons);
  });

  test("has every message in its channel and in one operation", () => {
    const names = Object.keys(api.components.messages);

    expect(Object.keys(api.channels.socket.messages)).toEqual(names);
    expect([...spoken("hear"), ...spoken("tell")]).toEqual(names);
  });

  test("tells messages apart that lack a field or have another type", () => {
    expect(kindsOf({ action: "ping" })).toEqual(["ping"]);
    expect(kindsOf({ action: "subscribe", channel: "songs.decade" })).toEqual([]);
    expect(kindsOf({ action: "subscribe", channel: "stats", since: { log: "a" } })).toEqual([]);
    expect(kindsOf({ type: "pong", channels: {} })).toEqual([]);
    expect(kindsOf({ type: "error", reason: "bad_mood", message: "" })).toEqual([]);
  });
});

describe("docs/protocol.md", () => {
  const examples = [...protocol.matchAll(/```json\n(.*?)```/gs)].flatMap(([, block = ""]) =>
    block
      .trim()
      .split(/\n(?=[{[])/)
      .map((text): unknown => JSON.parse(text)),
  );

  test("has an example of every message, and each is one", () => {
    const strangers = examples.filter((message) => kindsOf(message).length !== 1);

    expect(strangers.map(complaintsOf)).toEqual([]);
    expect(new Set(examples.flatMap(kindsOf))).toEqual(new Set(Object.keys(api.components.messages)));
  });

  test("names every channel", () => {
    const isNamed = (channel: Channel) =>
      protocol.includes(`\`${channel}\``) || protocol.includes(`\`${channel.split(".")[1]}\``); // songs.<window>

    expect(channels.filter((channel) => !isNamed(channel))).toEqual([]);
  });

  test("explains every reason of an error and no other", () => {
    const section = protocol.split("## Errors")[1]?.split("## Limits")[0] ?? "";
    const explained = [...section.matchAll(/^\| `(\w+)` /gm)].map(([, reason]) => reason);

    expect(explained).toEqual(errorReasons);
  });

  test("gives every limit its value", () => {
    const section = protocol.split("## Limits")[1]?.split("## Hand-over")[0] ?? "";
    const rows = section.matchAll(/^\| [^|]+ \| ([\d,]+) +\| `(\w+)` +\|$/gm);
    const documented = Object.fromEntries(
      [...rows].map(([, value = "", name = ""]) => [name, Number(value.replaceAll(",", ""))]),
    );

    expect(documented).toEqual({ ...limits, deltaRingSize });
    expect(limits.maxSubscriptions).toBeLessThan(channels.length); // so that the limit was met above
  });
});
