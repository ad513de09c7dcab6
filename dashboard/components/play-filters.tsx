import type { RecentPlayView } from "#src/wire/recent-feed.ts";
import { countryName } from "../lib/dimensions.ts";
import {
  isFiltering,
  labelFilters,
  noFilter,
  type PlayFilter,
  valuesOf,
  yesNoAny,
} from "../lib/play-filter.ts";

interface PlayFiltersProps {
  /** Whose values can be chosen. */
  readonly plays: readonly RecentPlayView[];
  readonly filter: PlayFilter;
  readonly onChange: (filter: PlayFilter) => void;
}

const labelNames = { genre: "Genre", platform: "Platform", country: "Country", mood: "Mood" } as const;
const answerOptions = yesNoAny.map((value) => ({ value, text: value }));
const ratingOptions = ["0", "1", "2", "3", "4", "5"].map((value) => ({
  value,
  text: value === "0" ? "any" : value === "5" ? "5 ★" : `from ${value} ★`,
}));

/** What plays must have to be in the table. */
export function PlayFilters({ plays, filter, onChange }: PlayFiltersProps) {
  const set = (changes: Partial<PlayFilter>) => onChange({ ...filter, ...changes });
  return (
    <search class="filters" aria-label="Filter plays">
      <div>
        <label for="filter-artist">Artist</label>
        <input
          id="filter-artist"
          type="search"
          value={filter.artist}
          placeholder="any"
          onInput={({ currentTarget }) => set({ artist: currentTarget.value })}
        />
      </div>
      {labelFilters.map((label) => (
        <Choice
          key={label}
          name={labelNames[label]}
          value={filter[label]}
          options={[
            { value: "", text: "any" },
            ...valuesOf(plays, label, filter[label]).map((value) => ({
              value,
              text: label === "country" ? countryName(value) : value,
            })),
          ]}
          onChange={(value) => set({ [label]: value })}
        />
      ))}
      <Choice
        name="Rating"
        value={String(filter.ratingAtLeast)}
        options={ratingOptions}
        onChange={(stars) => set({ ratingAtLeast: Number(stars) })}
      />
      <Choice
        name="Skipped"
        value={filter.skipped}
        options={answerOptions}
        onChange={(skipped) => set({ skipped })}
      />
      <Choice
        name="Completed"
        value={filter.completed}
        options={answerOptions}
        onChange={(completed) => set({ completed })}
      />
      {isFiltering(filter) && (
        <button type="button" class="button quiet" onClick={() => onChange(noFilter)}>
          Clear filters
        </button>
      )}
    </search>
  );
}

interface ChoiceProps<T extends string> {
  readonly name: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string }[];
  readonly onChange: (value: T) => void;
}

function Choice<T extends string>({ name, value, options, onChange }: ChoiceProps<T>) {
  const id = `filter-${name.toLowerCase()}`;
  return (
    <div>
      <label for={id}>{name}</label>
      <select id={id} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value as T)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </div>
  );
}
