import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

const moveMs = 420;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Lets the rows of a list glide to their new places (first, last, invert, play). The rows are of one height, so a row's
 * place follows from its rank, and only one is measured. Rows out of sight are spared.
 *
 * @param list whose children are the rows, in the order of `ids`
 */
export function useMovingRows(list: RefObject<HTMLElement | null>, ids: readonly string[]): void {
  const before = useRef(new Map<string, number>());
  const focused = focusIn(list.current);
  useLayoutEffect(() => {
    // A row that is put elsewhere in the document loses the focus.
    if (focused?.isConnected === true && !focused.matches(":focus")) focused.focus({ preventScroll: true });
    const places = new Map(ids.map((id, place) => [id, place]));
    const rows = list.current?.children;
    if (rows !== undefined && !calm.matches && before.current.size > 0) glide(rows, ids, before.current);
    before.current = places;
  }, [list, ids]);
}

function focusIn(list: HTMLElement | null): HTMLElement | undefined {
  const { activeElement } = document;
  return activeElement instanceof HTMLElement && list?.contains(activeElement) ? activeElement : undefined;
}

function glide(rows: HTMLCollection, ids: readonly string[], before: ReadonlyMap<string, number>): void {
  const first = rows[0]?.getBoundingClientRect();
  if (first === undefined) return;
  const { top, height } = first;
  const isSeen = (place: number) => top + (place + 1) * height > 0 && top + place * height < innerHeight;
  for (const [place, id] of ids.entries()) {
    const row = rows[place];
    const from = before.get(id);
    if (row === undefined || from === place || !(isSeen(place) || isSeen(from ?? place))) continue;
    if (from === undefined) {
      row.animate([{ opacity: 0 }, { opacity: 1 }], { duration: moveMs, easing: "ease-out" });
    } else {
      const start = { transform: `translateY(${(from - place) * height}px)` };
      row.animate([start, { transform: "none" }], { duration: moveMs, easing: "cubic-bezier(.2,.7,.2,1)" });
    }
  }
}
