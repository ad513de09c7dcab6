const parsers = {
  string: (raw: string): string => raw,
  positiveInt: (raw: string): number => {
    const n = Number(raw);
    if (!Number.isSafeInteger(n) || n <= 0) throw new RangeError(`expected a positive integer, got "${raw}"`);
    return n;
  },
  nonNegativeInt: (raw: string): number => {
    const n = Number(raw);
    if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`expected an integer >= 0, got "${raw}"`);
    return n;
  },
  /** Texts with commas between them; "none" for no text, because a variable may not be empty. */
  list: (raw: string): readonly string[] => (raw === "none" ? [] : raw.split(",")),
} as const;

/** The variables a Lambda reads: a name and how its text is parsed. */
export type EnvSpec = Readonly<Record<string, keyof typeof parsers>>;
export type Env<S extends EnvSpec> = { readonly [K in keyof S]: ReturnType<(typeof parsers)[S[K]]> };

/** Parses every declared variable, or throws one error that names all the bad ones. */
export function parseEnv<const S extends EnvSpec>(
  spec: S,
  source: Readonly<Record<string, string | undefined>>,
): Env<S> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, kind] of Object.entries(spec)) {
    const raw = source[name];
    try {
      if (raw === undefined || raw === "") throw new RangeError("is not set");
      values[name] = parsers[kind](raw);
    } catch (cause) {
      problems.push(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  if (problems.length > 0) throw new Error(`invalid environment: ${problems.join("; ")}`);
  return values as Env<S>;
}
