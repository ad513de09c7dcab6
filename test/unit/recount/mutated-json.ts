import fc from "fast-check";
import { encodePlay } from "#src/wire/play-codec.ts";
import { someTime } from "#test/support/builders.ts";
import { anyPlay } from "../wire/wire-plays.ts";

const x = (length: number): string => "x".repeat(length);
const nested = (depth: number): unknown =>
  Array.from({ length: depth }).reduce((inner: unknown, _, at) => (at % 2 === 0 ? [inner] : { a: inner }), 1);

/** What is at, below or above some bound, or of another kind. */
const edge = fc.constantFrom<unknown>(
  ...[
    null,
    undefined,
    true,
    "",
    " ",
    "x",
    "\0",
    "\ud800",
    "\u{feff}",
    "always",
    "horizon",
    "done",
    "play.v1",
    "play.v2",
  ],
  ...[x(64), x(65), x(128), x(129), x(200), x(201), x(1024), x(1025), x(9000)],
  ...[
    -1,
    -0,
    0,
    0.5,
    1,
    5,
    5.01,
    29_999,
    30_000,
    86_400_000,
    86_400_001,
    2_073_600_000,
    2_073_600_001,
    1e20,
    Number.POSITIVE_INFINITY,
  ],
  ...[1_033_430_399_999, 1_033_430_400_000, someTime + 3_600_000, someTime + 3_600_001],
  ...["2026-11-20", "2026-11-20T12:00", "2026-11-20 12:00:59,9999", "2026-11-20t12:00:00.5z", "2026-02-29"],
  ...["2024-02-29T23:59:59+23:59", "2026-11-20T24:00", "2026-11-20T12:00+05", "2026-11-20T12:00-0530"],
  ...[
    "2026-11-20T12:00:60Z",
    "2026-11-20T12:00.5",
    "2026-11-20T12:00:00.Z",
    "2026-11-20T12:00+5",
    "0001-01-01",
  ],
  ...[
    "DE",
    "de",
    "xx",
    "deu",
    "Germany",
    "The Netherlands",
    "Côte d’Ivoire",
    "Saint Lucia",
    "viet nam",
    "Kosovo",
  ],
  ...[
    "a@b.c",
    "a@b",
    "@b.c",
    "a@.c",
    "a@b.c.",
    "mail a@b.example now",
    "a@b@c.d",
    "a@..b",
    "(a@b.c)",
    "a@b. c",
  ],
  ...[
    "ı",
    "ẞ",
    "ﬀ",
    "Ǆ",
    "Σς",
    "e\u0301",
    "\u3000t\u3000",
    "\u{1f600}",
    "İ".repeat(150),
    "\u{1f600}".repeat(100),
  ],
  ...[[], ["x"], [null], [x(65)], Array(50).fill("t"), Array(51).fill("t"), {}, { a: 1 }, { "": "" }],
  ...[
    nested(31),
    nested(32),
    nested(33),
    nested(200),
    { "\0": 1 },
    { "a\ud800": 1 },
    { email: "\0" },
    [Number.POSITIVE_INFINITY],
  ],
  ...[
    { user: { name: "\0", x: 1 } },
    { playlist: { name: "\0" } },
    { user: [{ Name: "\ud800" }] },
    { ip: nested(40) },
  ],
);

/** Some value or other. */
const anyValue = fc.oneof({ weight: 3, arbitrary: edge }, { weight: 1, arbitrary: fc.jsonValue() });

const paths = [
  ...[
    "event_id",
    "schema",
    "user_id",
    "track",
    "started_at",
    "ms_played",
    "end_reason",
    "rating",
    "mood",
    "platform",
  ],
  ...[
    "geo",
    "session_id",
    "device_id",
    "client",
    "tz",
    "tags",
    "dedupe",
    "ext",
    "email",
    "Na-Me",
    "user",
    "qualified",
  ],
  ...[
    "pct",
    "other",
    "track.id",
    "track.artist",
    "track.title",
    "track.album",
    "track.genre",
    "track.duration_ms",
  ],
  ...[
    "track.isrc",
    "track.name",
    "track.email",
    "geo.country",
    "geo.city",
    "geo.lat",
    "geo.IP",
    "ext.a",
    "ext.name",
  ],
  ...["ext.track.isrc", "ext.listener", "__proto__", "constructor"],
];

type Mutation = readonly [path: string, value: unknown];
const mutations = fc.array(fc.tuple(fc.constantFrom(...paths), anyValue) satisfies fc.Arbitrary<Mutation>, {
  maxLength: 3,
});

/** The JSON of a play in which some fields were taken away or replaced by something else. */
export const mutatedPlay: fc.Arbitrary<string> = fc
  .tuple(anyPlay, fc.subarray(["event_id", "schema", "ext", "geo"]), mutations)
  .map(([play, gone, changes]) => {
    const json: Record<string, unknown> = JSON.parse(encodePlay(play));
    for (const name of gone) delete json[name];
    for (const [path, value] of changes) put(json, path, value);
    return textOf(json);
  });

function put(json: Record<string, unknown>, path: string, value: unknown): void {
  const [, within, rest] = /^(track|geo|ext)\.(.+)$/.exec(path) ?? [];
  if (within === undefined || rest === undefined) {
    Object.defineProperty(json, path, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  const inside = json[within];
  json[within] = { ...(typeof inside === "object" && inside !== null ? inside : {}), [rest]: value };
}

/** What JSON.stringify has no word for. */
const textOf = (json: unknown): string =>
  JSON.stringify(json, (_, value) => (value === Number.POSITIVE_INFINITY ? "\u0001big" : value)).replaceAll(
    '"\\u0001big"',
    "1e400",
  );

/** A text with some of its characters taken away or doubled. */
export const brokenText = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(text, fc.nat(), fc.constantFrom("", "\0", '"', "}", " ", "\r", "\u{feff}", "\u{a0}"))
    .map(([whole, at, other]) => {
      const cut = at % (whole.length + 1);
      return whole.slice(0, cut) + other + whole.slice(cut + 1);
    });
