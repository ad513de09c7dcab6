/*
 * A columnar block (ADR 0021): the plays of one partition key bucket, one column a field. Its bytes:
 *
 *   89 45 57 01                     no gzip, no UTF-8 and so no JSON; the last byte is the version
 *   rows, texts, tracks             how many there are of each
 *   the texts                       a column of their lengths in UTF-16 units, how many bytes of UTF-8 they take, these bytes
 *   the columns of `trackColumns`   one value a track
 *   the columns of `rowColumns`     one value a row
 *   event ids                       16 bytes for each row without an `id`: the id is their 32 hex digits
 *
 * Counts are integers of 7 bits a byte, the lowest first. A column is its smallest value (such an integer), a width in bytes
 * (0 to 6) and, for each value, by how much it is larger, little endian: what is the same in all rows, such as a field that
 * none has, takes two bytes. Texts and tracks are named by their number, from 1 on; 0 is none. The block means its rows as
 * lines of play.v1 JSON, in their order.
 */

/** The first bytes of any columnar block; the version is next. */
export const columnarMagic = [0x89, 0x45, 0x57] as const;
export const columnarVersion = 1;

/** Numbers of texts. */
export const trackColumns = ["id", "artist", "title", "album", "genre"] as const;

/**
 * `track` is the number of a track, `startedAt` epoch ms; `duration`, `played` (ms) and `rating` (hundredths of a star) are
 * plus 1, and 0 where absent; the others are numbers of texts. `id` is an event id that is no 32 hex digits, `rest` a JSON
 * object of all other fields, which replace those of their name.
 */
export const rowColumns = [
  ...(["user", "track", "startedAt", "duration", "played", "rating", "id", "endReason", "mood"] as const),
  ...(["platform", "country", "city", "session", "device", "client", "tz", "dedupe", "rest"] as const),
] as const;

export type TrackColumn = (typeof trackColumns)[number];
export type RowColumn = (typeof rowColumns)[number];

/** Columns whose values are no numbers of texts or tracks. */
export const valueColumns: ReadonlySet<RowColumn> = new Set(["startedAt", "duration", "played", "rating"]);

/** Bytes of an event id of 32 hex digits. */
export const idBytes = 16;

/** Levels of objects and arrays in a `rest`, at most; no play has more than 34. */
export const deepestRest = 64;

/**
 * A row's JSON takes at most so many bytes, and `charBytes` for each UTF-16 unit of the texts that the row names: with these a
 * block expands to at most 8 MiB.
 */
export const rowBytes = 512;
/** As `\u0001` takes. */
export const charBytes = 6;
/** A block of `n` bytes, expanded, has at most a 64th of that many texts, and tracks. */
export const leastBytes = 64;

/** Whether a record begins as a columnar block, of whatever version. */
export const isColumnar = (data: Uint8Array): boolean =>
  data[0] === columnarMagic[0] && data[1] === columnarMagic[1] && data[2] === columnarMagic[2];
