/** Something the user can put right. Its message is one line and is all they see. */
export class CliError extends Error {
  override readonly name: string = "CliError";
}

/** A command line that makes no sense: exit code 2. */
export class UsageError extends CliError {
  override readonly name = "UsageError";
}

function ownMessage(error: Error): string {
  if (error.message !== "") return error.message;
  return "code" in error ? String(error.code) : error.name;
}

/** Whether messages before it say it all, but for the call and the path that Node appends to a system's error. */
function isSaid(message: string, before: readonly string[]): boolean {
  const essence = message.replace(/^(E[A-Z]+: [^,]+), .*$/s, "$1");
  return before.some((said) => said.includes(essence));
}

/** The message of anything thrown with those of its causes, on one line. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof CliError) return thrown.message;
  const messages: string[] = [];
  let cause: unknown = thrown;
  while (cause instanceof Error && messages.length < 4) {
    const message = ownMessage(cause);
    if (!isSaid(message, messages)) messages.push(message);
    cause = cause.cause;
  }
  const text = messages.length === 0 ? String(thrown) : messages.join(": ");
  return text.replace(/\s*\n\s*/g, " ");
}
