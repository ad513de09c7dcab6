/** What a play adds to one window, and until when it may. */
export interface Share {
  /** `h.2026112014`, `d.20261120`, `w.2026W47`, `x.20261120`, `y.20261103`. */
  readonly id: string;
  /** Of a decaying list; undefined in a calendar window, which counts. */
  readonly weight: bigint | undefined;
  /** The window's start and end, epoch ms. */
  readonly start: number;
  readonly end: number;
  /** From then on no play enters, by arrival, epoch ms. */
  readonly closesAt: number;
  /** When the totals may be dropped, epoch ms. */
  readonly dropAt: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const weekMs = 7 * dayMs;

/** How long a window takes plays, and keeps its totals, after its end; its length. By the first letter of its id. */
const rules = {
  h: { length: hourMs, grace: 48 * hourMs, keep: 96 * hourMs },
  d: { length: dayMs, grace: 8 * dayMs, keep: 16 * dayMs },
  w: { length: weekMs, grace: 5 * weekMs, keep: 10 * weekMs },
  x: { length: dayMs, grace: 0, keep: hourMs },
  y: { length: 24 * dayMs, grace: 0, keep: hourMs },
} as const;

type Kind = keyof typeof rules;

/** In how many minutes a play's weight doubles. */
const doublings = { x: 60, y: 1440 } as const;
type Decaying = keyof typeof doublings;

const known = new Map<number, readonly Share[]>();
const mostKnown = 50_000;

/** Every window that a play of this start may enter; the plays of one minute enter the same. */
export function sharesOf(startedAt: number): readonly Share[] {
  const minute = Math.floor(startedAt / minuteMs);
  const before = known.get(minute);
  if (before !== undefined) return before;
  const at = minute * minuteMs;
  const today = at - (at % dayMs);
  const shares = [
    share("h", at - (at % hourMs)),
    share("d", today),
    share("w", mondayOf(at)),
    ...decaying("x", at),
    ...decaying("y", at),
  ];
  if (known.size >= mostKnown) known.clear();
  known.set(minute, shares);
  return shares;
}

/** The window of an id; undefined where it is none. */
export function windowOf(id: string): Omit<Share, "weight"> | undefined {
  const week = /^w\.(\d{4})W(\d\d)$/.exec(id);
  if (week !== null)
    return share("w", mondayOf(Date.UTC(Number(week[1]), 0, 4)) + (Number(week[2]) - 1) * weekMs);
  const [, kind, year, month, day, hour] = /^([hdxy])\.(\d{4})(\d\d)(\d\d)(\d\d)?$/.exec(id) ?? [];
  if (kind === undefined) return undefined;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return share(kind as Kind, midnight + Number(hour ?? 0) * hourMs);
}

function share(kind: Kind, start: number, weight?: bigint): Share {
  const { length, grace, keep } = rules[kind];
  const end = start + length;
  return {
    id: `${kind}.${nameOf(kind, start)}`,
    weight,
    start,
    end,
    closesAt: end + grace,
    dropAt: end + keep,
  };
}

function nameOf(kind: Kind, start: number): string {
  if (kind === "w") return weekOf(start);
  const digits = new Date(start).toISOString().replaceAll(/\D/g, "");
  return digits.slice(0, kind === "h" ? 10 : 8);
}

/** A play has weight in its own landmark's list, and in a neighbour's that it is near enough to. */
function decaying(kind: Decaying, at: number): readonly Share[] {
  const { length } = rules[kind];
  const own = at - (at % length);
  return [own - length, own, own + length].flatMap((landmark) => {
    const weight = weightAt(kind, at, landmark);
    return weight === 0 ? [] : share(kind, landmark, BigInt(weight));
  });
}

/** 2^16 at the landmark; nothing once the landmark's list has been over for an hour. */
function weightAt(kind: Decaying, at: number, landmark: number): number {
  if (at >= landmark + rules[kind].length + hourMs) return 0;
  const minutes = (at - landmark) / minuteMs;
  const doubling = doublings[kind];
  const doubled = Math.floor(minutes / doubling);
  return Math.floor(2 ** ((minutes - doubling * doubled) / doubling) * 2 ** (16 + doubled));
}

/** The Monday 00:00 UTC at or before a time. */
function mondayOf(at: number): number {
  const midnight = at - (at % dayMs);
  return midnight - ((new Date(midnight).getUTCDay() + 6) % 7) * dayMs;
}

/** A week belongs to the year of its Thursday, and is numbered by how many of that year's came before. */
function weekOf(monday: number): string {
  const thursday = new Date(monday + 3 * dayMs);
  const year = thursday.getUTCFullYear();
  const number = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / weekMs) + 1;
  return `${year}W${String(number).padStart(2, "0")}`;
}
