import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EpochMs } from "#src/domain/play.ts";
import {
  decodePlay,
  deriveEventId,
  encodePlay,
  isTooLong,
  maxPlayBytes,
  parsePlay,
  utf8Length,
} from "#src/wire/play-codec.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { accepted, anyPlay, blamed, decode, json, sha256 } from "./wire-plays.ts";

const dayMs = 86_400_000;
const x = (length: number): string => "x".repeat(length);
/** Objects in each other, `levels` of them below the first. */
const nested = (levels: number): object => (levels === 0 ? {} : { a: nested(levels - 1) });
const parse = (text: string) => parsePlay(text, someTime, sha256);

test("a play comes back from its JSON as it was", () => {
  fc.assert(
    fc.property(anyPlay, (play) => {
      const decoded = parse(encodePlay(play));

      expect(decoded).toEqual({ ok: true, value: play });
    }),
  );
});

test("the JSON of a play is one line", () => {
  fc.assert(fc.property(anyPlay, (play) => !/[\r\n]/.test(encodePlay(play))));
});

test("a decoded play is a fixed point, whatever it was decoded from", () => {
  const fields = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(fields, fields, (top, track) => {
      const play = accepted(
        json({ ...top, ...json({}, { ...track, id: "t", artist: "a", ...noKnownFields }) }),
      );

      expect(accepted(JSON.parse(encodePlay(play)))).toEqual(play);
    }),
  );
});

const noKnownFields = { title: undefined, album: undefined, genre: undefined, duration_ms: undefined };

test("no JSON value throws", () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withSparseArray: true }), (value) => {
      expect(typeof decode(value).ok).toBe("boolean");
    }),
  );
});

test("no value in the place of a field throws, and a rejection is one printable line", () => {
  const field = fc.constantFrom(
    ...["event_id", "schema", "user_id", "track", "started_at", "ms_played", "end_reason", "rating", "mood"],
    ...["geo", "session_id", "tags", "ext", "something"],
  );
  const value = fc.oneof(fc.anything(), fc.string({ unit: "binary" }), fc.double());
  fc.assert(
    fc.property(field, value, value, (name, at, inside) => {
      for (const play of [
        json({ [name]: at }),
        json({}, { [name]: inside }),
        json({ geo: { [name]: inside } }),
      ]) {
        const decoded = decode(play);
        if (!decoded.ok) expect(decoded.error.reason).toMatch(/^[^\p{C}]{1,220}$/u);
      }
    }),
  );
});

test("no text throws", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.constant("[".repeat(5000)));
  fc.assert(fc.property(text, (value) => typeof parse(value).ok === "boolean"));
});

describe("each bound lets its last value in and the next one not", () => {
  const cases: readonly (readonly [string, unknown, unknown])[] = [
    ["event_id", x(128), x(129)],
    ["event_id", "a.b:c-d_9", "a b"],
    ["event_id", "a", ""],
    ["event_id", "a", "a\n"],
    ["schema", "play.v1", "play.v2"],
    ["user_id", x(128), x(129)],
    ["user_id", "u", ""],
    ["user_id", "@user:matrix.org", "jane@example.com"],
    ["user_id", "jane@home", "mailto:jane@example.com"],
    ["user_id", "u", "Jane <jane@example.co.uk>"],
    ["user_id", "u", null],
    ["user_id", "u", 7],
    ["started_at", 1_033_430_400_000, 1_033_430_399_999],
    ["started_at", someTime + 3_600_000, someTime + 3_600_001],
    ["started_at", someTime, someTime + 0.5],
    ["started_at", "2025-02-28T00:00:00", "2025-02-30T00:00:00"],
    ["started_at", "2002-10-01", "2002-09-30T23:59:59.999Z"],
    ["started_at", someTime, undefined],
    ["ms_played", 0, -1],
    ["ms_played", dayMs, dayMs + 1],
    ["ms_played", 1, 1.5],
    ["ms_played", null, "1"],
    ["end_reason", "unknown", "trackdone"],
    ["rating", 0, -0.1],
    ["rating", 5, 5.1],
    ["rating", 4.25, Number.NaN],
    ["mood", x(64), x(65)],
    ["mood", "", "a\0b"],
    ["platform", x(64), x(65)],
    ["platform", "\u{1f3b5}", "\ud83c"],
    ["session_id", x(128), x(129)],
    ["device_id", x(128), x(129)],
    ["client", x(128), x(129)],
    ["tz", x(128), x(129)],
    ["tags", Array(50).fill("a"), Array(51).fill("a")],
    ["tags", [], "a"],
    ["dedupe", "always", "Always"],
    ["dedupe", "horizon", "never"],
    ["dedupe", null, true],
    ["dedupe", undefined, ""],
    ["ext", {}, []],
  ];
  test.each(cases)("%s (%#)", (field, good, bad) => {
    expect(blamed(json({ [field]: good }))).toBeUndefined();
    expect(blamed(json({ [field]: bad }))).toBe(field);
  });

  const trackCases: readonly (readonly [string, unknown, unknown])[] = [
    ["id", x(200), x(201)],
    ["id", "t", ""],
    ["artist", x(1024), x(1025)],
    ["artist", "a", ""],
    ["artist", "a", null],
    ["title", x(1024), x(1025)],
    ["title", "t", "\0"],
    ["album", x(1024), x(1025)],
    ["genre", x(64), x(65)],
    ["duration_ms", 1, 0],
    ["duration_ms", 24 * dayMs, 24 * dayMs + 1],
  ];
  test.each(trackCases)("track.%s (%#)", (field, good, bad) => {
    expect(blamed(json({}, { [field]: good }))).toBeUndefined();
    expect(blamed(json({}, { [field]: bad }))).toBe(`track.${field}`);
  });

  test("tags", () => {
    expect(blamed(json({ tags: [x(64)] }))).toBeUndefined();
    expect(blamed(json({ tags: ["a", x(65)] }))).toBe("tags[1]");
    expect(blamed(json({ tags: [null] }))).toBe("tags[0]");
  });

  test("geo", () => {
    expect(blamed(json({ geo: { city: x(128) } }))).toBeUndefined();
    expect(blamed(json({ geo: { city: x(129) } }))).toBe("geo.city");
    expect(blamed(json({ geo: { country: "Narnia" } }))).toBe("geo.country");
    expect(blamed(json({ geo: "Paris" }))).toBe("geo");
  });

  test("a play of 10,240 bytes", () => {
    const around = JSON.stringify(json({ schema: "play.v1", ext: { a: "" } })).length;
    const sized = (bytes: number): string => {
      const [twoBytes, oneByte] = [Math.floor((bytes - around) / 2), (bytes - around) % 2];
      return JSON.stringify(json({ schema: "play.v1", ext: { a: "é".repeat(twoBytes) + x(oneByte) } }));
    };

    expect(Buffer.byteLength(sized(maxPlayBytes))).toBe(maxPlayBytes);
    expect(parse(sized(maxPlayBytes)).ok).toBe(true);
    expect(parse(sized(maxPlayBytes + 1))).toMatchObject({ error: { field: "record" } });
  });
});

test("a play that its derived ids make too long is a reject, since nobody could read it back", () => {
  const text = JSON.stringify(json({ event_id: undefined, ext: { a: x(10_120) } }));

  expect(Buffer.byteLength(text)).toBeLessThan(maxPlayBytes);
  expect(parse(text)).toMatchObject({ ok: false, error: { field: "record" } });
});

test("whatever parsePlay accepts, it accepts again", () => {
  const numbers = fc.array(fc.constantFrom(1e20, 123e18, 1e21), { minLength: 100, maxLength: 500 });
  fc.assert(
    fc.property(numbers, (values) => {
      const decoded = parse(JSON.stringify(json({ n: 0 })).replace('"n":0', `"n":[${values.map(short)}]`));

      if (decoded.ok) expect(parse(encodePlay(decoded.value))).toEqual(decoded);
    }),
  );
});

const short = (value: number): string => value.toExponential().replace("+", "");

test("utf8Length counts as an encoder does", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(utf8Length(text)).toBe(Buffer.byteLength(text));
      expect(isTooLong(text.repeat(500))).toBe(Buffer.byteLength(text) * 500 > maxPlayBytes);
    }),
  );
});

test("a reason names the value, shortened and printable", () => {
  expect(decode(json({ user_id: "" }))).toEqual({
    ok: false,
    error: { field: "user_id", reason: 'expected 1 to 128 characters, got ""' },
  });
  expect(decode(json({ mood: `\u001b[31m${x(500)}` }))).toMatchObject({
    error: { reason: `expected at most 64 characters, got "\\u001b[31m${x(75)}…"` },
  });
});

test("an e-mail address does not get into the reason", () => {
  expect(JSON.stringify(decode(json({ user_id: "jane@example.com" })))).not.toContain("jane");
});

test("a play is marked where it asks to count once however long ago, and not by what holds anyway", () => {
  expect(accepted(json({ dedupe: "always" })).dedupe).toBe("always");
  for (const dedupe of ["horizon", null, undefined])
    expect(accepted(json({ dedupe }))).toEqual(accepted(json()));
  expect(encodePlay(accepted(json({ dedupe: "horizon" })))).not.toContain("dedupe");
  expect(accepted(json({ ext: { dedupe: "always" } })).dedupe).toBeUndefined();
});

test("a mark does not change a derived event id", () => {
  const withoutId = { event_id: undefined };

  expect(accepted(json({ ...withoutId, dedupe: "always" })).eventId).toBe(accepted(json(withoutId)).eventId);
});

test("null stands for an absent field", () => {
  const nothing = {
    schema: null,
    ms_played: null,
    geo: { country: null },
    tags: null,
    ext: null,
    rating: null,
  };

  expect(accepted(json(nothing, { title: null, duration_ms: null }))).toEqual({
    ...accepted(json()),
    geo: {},
  });
});

test("ISO 8601 has an offset, a Z or no zone, which is UTC", () => {
  const startedAt = (text: string): EpochMs => accepted(json({ started_at: text })).startedAt;

  expect(startedAt("2026-11-20T12:00:00")).toBe(someTime);
  expect(startedAt("2026-11-20T12:00:00.000Z")).toBe(someTime);
  expect(startedAt("2026-11-20T17:30:00+05:30")).toBe(someTime);
});

test("a country is a code in either case, or an English name", () => {
  const country = (text: string) => accepted(json({ geo: { country: text } })).geo?.country;

  expect(["GB", "gb", "UK", "United Kingdom", "USA", "South Korea", "Czech Republic"].map(country)).toEqual(
    ["GB", "GB", "GB", "GB", "US", "KR", "CZ"], //
  );
});

describe("unknown fields", () => {
  test("are kept under ext, with the object they were found in", () => {
    const play = accepted(json({ a: 1, ext: { b: [null, { c: "d" }] }, geo: { lat: 2 } }, { isrc: "X" }));

    expect(play.ext).toEqual({ a: 1, b: [null, { c: "d" }], "geo.lat": 2, "track.isrc": "X" });
  });

  test("that are derived are dropped", () => {
    const derived = { qualified: true, completed: true, skipped: false, pct: 1 };

    expect(accepted(json(derived)).ext).toBeUndefined();
    expect(accepted(json({ ext: derived })).ext).toEqual({});
  });

  test("that are personal are dropped at any depth", () => {
    const person = {
      name: "Jane",
      email: "j@x.org",
      "E-Mail": "j@x.org",
      firstName: "Jane",
      phone_number: "1",
    };

    expect(accepted(json(person)).ext).toBeUndefined();
    expect(accepted(json({ ext: { user: { ...person, plan: "free" }, list: [person] } })).ext).toEqual({
      user: { plan: "free" },
      list: [{ name: "Jane" }],
    });
  });

  test.each([31, 32])("may be nested %d levels", (levels) => {
    expect(blamed(json({ ext: nested(levels) }))).toBeUndefined();
  });

  test("are refused where they are nested deeper than 32 levels", () => {
    expect(blamed(json({ ext: nested(33) }))).toBe("ext.a");
  });

  test("keep the name of what is no person", () => {
    expect(accepted(json({ playlist: { name: "Morning" } })).ext).toEqual({ playlist: { name: "Morning" } });
  });

  test("cannot reach a prototype", () => {
    const text = JSON.stringify(json({ ext: { a: {} } })).replace(
      '"a":{}',
      '"__proto__":{"p":1},"a":{"__proto__":1}',
    );

    const play = accepted(JSON.parse(text));

    expect(Object.getPrototypeOf(play.ext)).toBe(Object.prototype);
    expect(play.ext).toEqual({ a: {} });
  });

  test("are checked like any text", () => {
    expect(blamed(json({ a: { b: ["\0"] } }))).toBe("ext.a");
    expect(blamed(json({ a: "\ud800" }))).toBe("ext.a");
    expect(blamed(json({ a: { "\0": 1 } }))).toBe("ext.a");
    expect(blamed(JSON.parse(JSON.stringify(json({ a: 0 })).replace('"a":0', '"a":1e999')))).toBe("ext.a");
    expect(blamed(json({ a: JSON.parse("[".repeat(32) + "]".repeat(32)) }))).toBeUndefined();
    expect(blamed(json({ a: JSON.parse("[".repeat(5000) + "]".repeat(5000)) }))).toBe("ext.a");
  });
});

describe("a derived event id", () => {
  const withoutId = json({ event_id: undefined });

  test("is the first 128 bits of the hash of listener, track, start and client", () => {
    const hash = sha256(JSON.stringify(["u1", "t1", someTime, null]));

    expect(accepted(withoutId).eventId).toBe(hash.slice(0, 32));
    expect(accepted({ ...withoutId, rating: 5, event_id: null }).eventId).toBe(hash.slice(0, 32));
  });

  test("differs with each of the four, and with the ordinal", () => {
    const play = aPlay();
    const ids = [
      deriveEventId(play, sha256),
      deriveEventId(aPlay({ userId: "u2" }), sha256),
      deriveEventId(aPlay({ track: { id: "t2" } }), sha256),
      deriveEventId(aPlay({ startedAt: someTime + 1 }), sha256),
      deriveEventId(aPlay({ client: "" }), sha256),
      deriveEventId(play, sha256, 1),
      deriveEventId(play, sha256, 2),
    ];

    expect(new Set(ids).size).toBe(ids.length);
    expect(deriveEventId(play, sha256, 0)).toBe(ids[0]);
  });

  test("asks for the ordinal only where there is no id", () => {
    let asked = 0;
    const ordinalOf = (): number => {
      asked += 1;
      return 1;
    };

    decodePlay(json(), someTime, sha256, ordinalOf);
    const decoded = decodePlay(withoutId, someTime, sha256, ordinalOf);

    expect(asked).toBe(1);
    expect(decoded).not.toEqual(decode(withoutId));
  });
});

describe("a derived track id", () => {
  const derived = (artist: string, title: string): string =>
    accepted(json({}, { id: undefined, artist, title })).track.id;

  test("is artist and title: NFKC, case-folded, trimmed", () => {
    expect(derived(" Coldplay", "Yellow ")).toBe("coldplay - yellow");
    expect(derived("ＡＢＣ", "ﬁn")).toBe("abc - fin");
    expect(derived("Straße", "ΣΟΣ")).toBe(derived("STRASSE", "σος"));
    expect(derived("Bjo\u0308rk", "Jóga")).toBe(derived("BJÖRK", "JÓGA"));
  });

  test("has at most 200 characters, the last 32 a hash of all", () => {
    expect(derived("a", x(196))).toBe(`a - ${x(196)}`);
    expect(derived("a", x(197))).toBe(`a - ${x(164)}${sha256(`a - ${x(197)}`).slice(0, 32)}`);
    expect(derived("a", `${x(163)}${"\u{1f600}".repeat(40)}`).isWellFormed()).toBe(true);
  });

  test("needs a title", () => {
    expect(blamed(json({}, { id: undefined }))).toBe("track.id");
    expect(blamed(json({}, { id: null, title: " \u3000" }))).toBe("track.id");
  });
});
