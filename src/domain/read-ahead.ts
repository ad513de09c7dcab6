interface Started<T> {
  readonly iterator: AsyncIterator<T>;
  readonly first: Promise<IteratorResult<T>>;
}

/**
 * The items of all sources, one source after the other. While one is read, the next `ahead` have been asked for their first
 * item, so that a source that is far away costs its way only once in a while.
 */
export async function* readAhead<T>(
  sources: Iterable<AsyncIterable<T>>,
  ahead: number,
): AsyncIterableIterator<T> {
  const waiting = sources[Symbol.iterator]();
  const started: Started<T>[] = [];
  const startNext = (): void => {
    const next = waiting.next();
    if (next.done !== true) started.push(start(next.value));
  };
  try {
    for (let i = 0; i < ahead; i++) startNext();
    for (;;) {
      startNext();
      const source = started[0];
      if (source === undefined) return;
      let item = await source.first;
      for (; item.done !== true; item = await source.iterator.next()) yield item.value;
      started.shift();
    }
  } finally {
    await Promise.all(started.map(stop)); // whoever stops half-way leaves no file open
  }
}

function start<T>(source: AsyncIterable<T>): Started<T> {
  const iterator = source[Symbol.asyncIterator]();
  const first = iterator.next();
  first.catch(() => undefined); // thrown when it is its turn
  return { iterator, first };
}

async function stop<T>({ iterator, first }: Started<T>): Promise<void> {
  await first.catch(() => undefined);
  await iterator.return?.();
}
