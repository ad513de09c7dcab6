const pattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?)?$/;

/** Epoch ms of an ISO 8601 time, which is UTC where it names no zone; undefined for anything else. */
export function readIsoTime(text: string): number | undefined {
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const part = (group: number): number => Number(found[group] ?? 0);
  const midnight = new Date(0);
  midnight.setUTCFullYear(part(1), part(2) - 1, part(3)); // Date.UTC takes the years 0 to 99 for 1900 on
  if (midnight.getUTCMonth() !== part(2) - 1 || midnight.getUTCDate() !== part(3)) return undefined;
  if (part(4) > 23 || part(5) > 59 || part(6) > 59 || part(10) > 23 || part(11) > 59) return undefined;
  const ms = Number((found[7] ?? "0").slice(0, 3).padEnd(3, "0"));
  const offset = (part(10) * 60 + part(11)) * (found[9] === "-" ? -1 : 1);
  return midnight.getTime() + ((part(4) * 60 + part(5) - offset) * 60 + part(6)) * 1000 + ms;
}
