import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxMessageBytes } from "#src/wire/push-limits.ts";
import {
  type Channel,
  channels,
  decodeClientMessage,
  encodeCurrent,
  encodeError,
  encodePong,
  errorReasons,
  readServerMessage,
} from "#src/wire/push-protocol.ts";

const someChart = { channel: "songs.hot", log: "store/x.20261120", seq: 41, epoch: 7, now: 1 } as const;

/** Text that looks like the protocol without being it, and everything else. */
const someMessages = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.json(),
  fc
    .record(
      {
        action: fc.oneof(fc.constantFrom("subscribe", "unsubscribe", "ping"), fc.jsonValue()),
        channel: fc.oneof(fc.constantFrom<string>(...channels, "__proto__"), fc.jsonValue()),
        since: fc.oneof(fc.record({ log: fc.string(), seq: fc.integer() }), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    .map((message) => JSON.stringify(message)),
);

describe("client messages", () => {
  test("no message throws, and a refusal has a known reason and fits into a frame", () => {
    fc.assert(
      fc.property(someMessages, (text) => {
        const decoded = decodeClientMessage(text);

        if (decoded.ok) return;
        expect(errorReasons).toContain(decoded.error.reason);
        expect(Buffer.byteLength(encodeError(decoded.error))).toBeLessThan(1024);
      }),
      { numRuns: 2000 },
    );
  });

  test("a subscription carries the version that the client holds", () => {
    const text =
      '{"action":"subscribe","channel":"artists.week","since":{"log":"a/w.2026W47","seq":41,"x":1}}';

    expect(decodeClientMessage(text)).toEqual({
      ok: true,
      value: { action: "subscribe", channel: "artists.week", since: { log: "a/w.2026W47", seq: 41 } },
    });
  });

  test.each([maxMessageBytes - 1, maxMessageBytes])("a message of %d bytes is read", (bytes) => {
    const ping = '{"action":"ping"}';

    expect(decodeClientMessage(ping + " ".repeat(bytes - ping.length)).ok).toBe(true);
  });

  test.each([
    ["a message over 4 KB", `{"action":"ping","x":"${"é".repeat(maxMessageBytes / 2)}"}`, "too_large"],
    ["no JSON", "{", "bad_json"],
    ["no message at all", "", "bad_json"],
    ["an array", "[]", "bad_json"],
    ["no action", "{}", "unknown_action"],
    ["another action", '{"action":"publish","channel":"stats"}', "unknown_action"],
    ["a channel that is not there", '{"action":"subscribe","channel":"listeners.hot"}', "unknown_channel"],
    ["a channel of another type", '{"action":"unsubscribe","channel":["stats"]}', "unknown_channel"],
    ["a version without log", '{"action":"subscribe","channel":"stats","since":{"seq":1}}', "bad_since"],
    [
      "a fraction of a version",
      '{"action":"subscribe","channel":"stats","since":{"log":"","seq":0.5}}',
      "bad_since",
    ],
  ])("%s is refused with its reason", (_what, text, reason) => {
    expect(decodeClientMessage(text)).toMatchObject({ ok: false, error: { reason } });
  });
});

describe("server messages", () => {
  test("a client reads back what the server wrote", () => {
    const current = { ...someChart, channel: "stats" as Channel };

    expect(readServerMessage(JSON.parse(encodeCurrent(current)))).toEqual({ type: "current", ...current });
    expect(readServerMessage(JSON.parse(encodePong(1000, { stats: { log: "a", seq: 1 } })))).toEqual({
      type: "pong",
      at: 1000,
      channels: { stats: { log: "a", seq: 1 } },
    });
  });

  test("a client ignores what it does not know", () => {
    expect(readServerMessage({ type: "novelty" })).toBeUndefined();
    expect(readServerMessage("Internal server error")).toBeUndefined();
  });
});
