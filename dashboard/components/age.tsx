import { formatAge, formatDate } from "../lib/format.ts";
import { useNow } from "../state/use-now.ts";

/** How long ago something was; counts on by itself. */
export function Age({ at }: { readonly at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={formatDate(at)}>
      {formatAge(now - at)}
    </time>
  );
}
