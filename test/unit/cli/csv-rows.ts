import fc from "fast-check";

const user = fc.constantFrom(
  "U1",
  "u-2",
  "",
  "x@y.example",
  "@home",
  "ユーザー",
  'a"b',
  "back\\slash",
  " U1 ",
  "é\u0001",
);
const song = fc.constantFrom("S1", "S2", "", "s".repeat(200), "s".repeat(201), "ß", "\ud83d\ude00", "S\t1");
const artist = fc.constantFrom(
  "Coldplay",
  "AC/DC",
  "",
  "Beyoncé",
  "a".repeat(1024),
  "é".repeat(600),
  '"Weird Al"',
  "a,b",
);
const duration = fc.oneof(
  fc.constantFrom(
    "210",
    "0",
    "0.0004",
    "0.0005",
    "1e3",
    "-1",
    " 7 ",
    "007",
    "1.",
    ".5",
    "2073600",
    "2073600.1",
    "",
  ),
  fc.double({ min: 0, max: 999_999_999, noNaN: true }).map((value) => value.toFixed(9)),
  fc.double({ min: 0, max: 4000, noNaN: true }).map((value) => value.toFixed(3)),
);
const time = fc.constantFrom(
  ...["2025-11-05T08:30:00", "2025-11-05T08:30:00.123Z", "2025-11-05 08:30:00Z", "2025-02-30T08:30:00Z"],
  ...[
    "2025-11-05T08:30:00+02:00",
    "2025-11-05",
    "2025-11-05T24:00:00Z",
    "2025-11-05T08:60:00Z",
    " 2025-11-05 ",
  ],
  ...[
    "1999-01-01T00:00:00Z",
    "9999-01-01T00:00:00Z",
    "",
    "yesterday",
    "2025-11-05T08:30:00.12Z",
    "2024-02-29T23:59:59",
  ],
);
const field = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const oddRow = fc.tuple(user, song, artist, duration, time).map((fields) => fields.map(field).join(","));
const plainRow = fc
  .tuple(fc.nat(5), fc.nat(5), fc.nat(3))
  .map(
    ([who, what, ms]) =>
      `user-${who},song-${what},artist-${what % 3},21${what}.5,2025-11-05T08:30:00.00${ms}Z`,
  );
const brokenRow = fc.constantFrom(
  "",
  "  ",
  "a,b",
  'U1,S1,"open,210,2025-11-05',
  "U1,S1,A,210,2025-11-05T08:30:00,extra",
  '"',
);
const row = fc.oneof({ weight: 5, arbitrary: plainRow }, { weight: 3, arbitrary: oddRow }, brokenRow);
const end = fc.constantFrom("\n", "\r\n");

/** A file of the CSV dialect, most rows of which are as most are, and the others whatever a row can be. */
export const anyCsv = fc
  .tuple(fc.array(fc.tuple(row, end), { maxLength: 60 }), fc.boolean())
  .map(([rows, cutsLast]) => {
    const text = `user_id,song_id,artist,duration,timestamp\n${rows.flat().join("")}`;
    return cutsLast ? text.trimEnd() : text;
  });

/** A file of nothing but plain rows. */
export const plainCsv = fc
  .array(plainRow, { minLength: 1, maxLength: 80 })
  .map((rows) => `user_id,song_id,artist,duration,timestamp\n${rows.join("\n")}\n`);
