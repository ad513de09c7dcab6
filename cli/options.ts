import { InvalidArgumentError } from "commander";

/** Parsers for option values; Commander turns what they throw into one line and exit code 2. */

/** A whole number from `min` to `max`; `1_000` and `1,000` are fine. */
export function integerOption(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const digits = text.replace(/(?<=\d)[_,](?=\d{3})/g, "");
    const value = /^-?\d+$/.test(digits) ? Number(digits) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

/** A number above 0, such as a rate. */
export function positiveOption(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0) return value;
  throw new InvalidArgumentError("Expected a number above 0.");
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time such as `90s`, `30m`, `1h` or `7d`; returns ms. */
export function durationOption(text: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(digits) * (unitMs[unit as keyof typeof unitMs] ?? 0);
  if (ms > 0) return ms;
  throw new InvalidArgumentError("Expected a time such as 90s, 30m, 1h or 7d.");
}

/** The name of a deployed stage, as it stands in its stacks' names. */
export function stageOption(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a stage's name, such as dev.");
}

/** `http://` or `https://`, or `aws` for what the AWS SDK is configured for. */
export function endpointOption(text: string): string {
  const url = URL.parse(text);
  if (text === "aws" || url?.protocol === "http:" || url?.protocol === "https:") return text;
  throw new InvalidArgumentError("Expected a URL such as http://127.0.0.1:4567, or aws.");
}
