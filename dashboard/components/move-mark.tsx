import type { MoveMark as Mark } from "../lib/move-history.ts";

const words = (mark: Mark): string | undefined => {
  if (mark.kind === "same") return undefined;
  if (mark.kind === "new") return "new";
  if (mark.kind === "back") return "back again";
  return `${mark.kind} ${mark.steps}`;
};

/** Where an entry has come from in the last seconds. */
export function MoveMark({ mark }: { readonly mark: Mark }) {
  const spoken = words(mark);
  return (
    <span class="move" data-kind={mark.kind}>
      <span aria-hidden="true">{textOf(mark)}</span>
      {spoken !== undefined && <span class="visually-hidden">{spoken}</span>}
    </span>
  );
}

function textOf(mark: Mark): string {
  if (mark.kind === "same") return "";
  if (mark.kind === "new" || mark.kind === "back") return mark.kind;
  return `${mark.kind === "up" ? "▲" : "▼"}${mark.steps}`;
}
