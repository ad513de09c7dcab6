/** Cuts what comes into lists of so many; the last one may be shorter, and none is empty. */
export function* slices<T>(items: Iterable<T>, size: number): IterableIterator<readonly T[]> {
  let slice: T[] = [];
  for (const item of items) {
    if (slice.push(item) < size) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}
