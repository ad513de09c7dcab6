import type { EpochMs } from "./play.ts";
import {
  closedAfterMs,
  minuteMs,
  risingWindow,
  startOfRising,
  type WindowId,
  type WindowShare,
  windowShares,
} from "./windows.ts";

/** Windows that plays enter together. An epoch has few: mostly an hour, its day and its week, and the landmarks. */
export interface WindowGroup {
  readonly calendar: readonly WindowId[];
  readonly decays: readonly WindowId[];
  /** The instance of `rising`, in an hour that is not over. */
  readonly rising: WindowId | undefined;
}

/** What a play adds to its windows. Plays of one minute share it, unless some of them were late. */
export interface GroupShare {
  /** Index into `WindowGroups.groups`. */
  readonly group: number;
  /** Decay weights, in the order of the group's `decays`. */
  readonly weights: readonly number[];
}

interface Minute {
  /** The windows that are still kept. */
  readonly shares: readonly WindowShare[];
  /** Of plays that arrive before this, all of them are open, epoch ms. */
  readonly closesAt: number;
  readonly inTime: GroupShare;
  /** By which of the shares are open, one bit each. */
  readonly late: Map<number, GroupShare>;
}

/** Finds the windows that a play enters: those that were open when it arrived and are still kept. */
export class WindowGroups {
  readonly groups: WindowGroup[] = [];
  readonly #now: EpochMs;
  readonly #risingFrom: number;
  readonly #byName = new Map<string, number>();
  readonly #minutes = new Map<number, Minute>();
  readonly #none: GroupShare;
  #lastIndex = Number.NaN;
  #last: Minute | undefined;

  /** @param now the epoch's clock: windows whose totals may be dropped by then are left out */
  constructor(now: EpochMs) {
    this.#now = now;
    this.#risingFrom = startOfRising(now);
    this.#none = this.#share([], undefined);
  }

  /** The shares of plays; both columns in epoch ms. */
  sharesOf(startedAt: ArrayLike<number>, arrivedAt: ArrayLike<number>): readonly GroupShare[] {
    const shares = new Array<GroupShare>(startedAt.length);
    for (let i = 0; i < startedAt.length; i++)
      shares[i] = this.#shareOf(startedAt[i] as number, arrivedAt[i] as number);
    return shares;
  }

  #shareOf(startedAt: number, arrivedAt: number): GroupShare {
    // A file of last year's plays: none of them asks for its minute.
    if (arrivedAt - startedAt >= closedAfterMs && startedAt < this.#risingFrom) return this.#none;
    const minute = this.#minuteOf(Math.floor(startedAt / minuteMs));
    return arrivedAt < minute.closesAt ? minute.inTime : this.#lateShare(minute, startedAt, arrivedAt);
  }

  #minuteOf(index: number): Minute {
    if (this.#last !== undefined && index === this.#lastIndex) return this.#last;
    let minute = this.#minutes.get(index);
    if (minute === undefined) {
      minute = this.#createMinute((index * minuteMs) as EpochMs);
      this.#minutes.set(index, minute);
    }
    this.#lastIndex = index;
    this.#last = minute;
    return minute;
  }

  #createMinute(startedAt: EpochMs): Minute {
    const shares = windowShares(startedAt).filter(({ dropAt }) => this.#now < dropAt);
    const closesAt = shares.reduce(
      (first, share) => Math.min(first, share.closesAt),
      Number.POSITIVE_INFINITY,
    );
    const inTime = this.#share(shares, risingWindow(startedAt, this.#now));
    return { shares, closesAt, inTime, late: new Map() };
  }

  #lateShare({ shares, late }: Minute, startedAt: number, arrivedAt: number): GroupShare {
    const isOpen = (share: WindowShare): boolean => arrivedAt < share.closesAt;
    const open = shares.reduce((bits, share, bit) => (isOpen(share) ? bits | (1 << bit) : bits), 0);
    let share = late.get(open);
    if (share === undefined) {
      share = this.#share(shares.filter(isOpen), risingWindow(startedAt as EpochMs, this.#now));
      late.set(open, share);
    }
    return share;
  }

  #share(shares: readonly WindowShare[], rising: WindowId | undefined): GroupShare {
    const calendar = shares.filter(({ kind }) => kind === "calendar").map(({ window }) => window);
    const decaying = shares.filter(({ kind }) => kind === "decay");
    const decays = decaying.map(({ window }) => window);
    const name = [...calendar, ...decays, rising ?? ""].join(" ");
    let group = this.#byName.get(name);
    if (group === undefined) {
      group = this.groups.push({ calendar, decays, rising }) - 1;
      this.#byName.set(name, group);
    }
    return { group, weights: decaying.map(({ weight }) => weight) };
  }
}
