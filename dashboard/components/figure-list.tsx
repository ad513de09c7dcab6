interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  /** For a value that is a text. */
  readonly isSmall?: boolean;
}

/** Figures side by side, each under its name. */
export function FigureList({
  label,
  figures,
}: {
  readonly label: string;
  readonly figures: readonly Figure[];
}) {
  return (
    <section aria-label={label}>
      <dl class="figures">
        {figures.map(({ name, value, note, isSmall }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class={isSmall === true ? "small" : undefined}>{value}</dd>
            <dd class="note">{note ?? ""}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
