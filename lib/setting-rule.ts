/** What a setting may be, and how its text on the command line reads. */
export interface Rule<T> {
  /** Ends the sentence "<setting> must be ...". */
  readonly expected: string;
  readonly accepts: (value: unknown) => value is T;
  /** A text that is no value of the setting comes back as it is, for the error to show. */
  readonly fromText: (text: string) => unknown;
}

const numberOr = (text: string): unknown => (/^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text);

export const anInteger = (least: number, most: number): Rule<number> => ({
  expected: `an integer from ${least} to ${most}`,
  accepts: (value): value is number =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most,
  fromText: numberOr,
});

export const oneOf = <const T extends string | number>(values: readonly T[]): Rule<T> => ({
  expected: `one of ${values.join(", ")}`,
  accepts: (value): value is T => values.some((known) => known === value),
  fromText: (text) => values.find((known) => String(known) === text) ?? text,
});

/** The text, or what the rule accepts. */
export const orText = <const Text extends string, T>(text: Text, rule: Rule<T>): Rule<Text | T> => ({
  expected: `"${text}" or ${rule.expected}`,
  accepts: (value): value is Text | T => value === text || rule.accepts(value),
  fromText: (given) => (given === text ? given : rule.fromText(given)),
});

/** Texts of one form; on the command line with commas between them. */
export const listOf = (kind: string, form: RegExp): Rule<readonly string[]> => ({
  expected: `a list of ${kind}`,
  accepts: (value): value is readonly string[] =>
    Array.isArray(value) && value.every((item) => typeof item === "string" && form.test(item)),
  fromText: (text) =>
    text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
});

export const anAddress: Rule<string> = {
  expected: "an http(s) address without a slash at its end",
  accepts: (value): value is string => typeof value === "string" && /^https?:\/\/[^\s]*[^\s/]$/.test(value),
  fromText: (text) => text,
};
