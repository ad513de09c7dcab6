import { hash64 } from "./hash64.ts";
import { compareUtf8 } from "./utf8-order.ts";

/** What a name weighs besides its UTF-16 code units: its quotes, its numbers, its place in a map. */
const nameOverhead = 24;

/** A `Set` of names or a `Map` by name. */
interface Names<Name extends string> {
  keys(): Iterable<Name>;
  delete(name: Name): boolean;
}

interface HashedName<Name extends string> {
  readonly name: Name;
  readonly hi: number;
  readonly lo: number;
}

/**
 * Deletes what is too much of a growing set of names, and returns the first name that is left out; undefined where none
 * is. Names have an order of their own, by their hashes, and those before the end stay.
 *
 * Cutting is independent of when it is done: parts that were cut and then joined (their names, and the earlier of their
 * ends) give what the whole gives. That takes the end: a light name behind a heavy one must stay out although it would fit.
 *
 * @param end as an earlier cut returned it
 * @param maxWeight of all names together: each weighs its UTF-16 code units + 24
 */
export function cutNames<Name extends string>(
  names: Names<Name>,
  end: Name | undefined,
  maxWeight: number,
): Name | undefined {
  if (end !== undefined) deleteFrom(names, hashed(end));
  if (weightOf(names.keys()) <= maxWeight) return end;
  let next = end;
  let weight = 0;
  for (const { name } of [...names.keys()].map(hashed).sort(compareHashed)) {
    weight += nameWeight(name);
    if (weight <= maxWeight) continue;
    if (weight - nameWeight(name) <= maxWeight) next = name;
    names.delete(name);
  }
  return next;
}

/** The end that comes first; undefined where nothing was cut from either. */
export function earlierEnd<Name extends string>(a: Name | undefined, b: Name | undefined): Name | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareHashed(hashed(a), hashed(b)) <= 0 ? a : b;
}

function deleteFrom<Name extends string>(names: Names<Name>, end: HashedName<Name>): void {
  for (const name of names.keys()) if (compareHashed(hashed(name), end) >= 0) names.delete(name);
}

const nameWeight = (name: string): number => name.length + nameOverhead;

function weightOf(names: Iterable<string>): number {
  let weight = 0;
  for (const name of names) weight += nameWeight(name);
  return weight;
}

const hashed = <Name extends string>(name: Name): HashedName<Name> => {
  const { hi, lo } = hash64(name, { hi: 0, lo: 0 });
  return { name, hi, lo };
};

const compareHashed = (a: HashedName<string>, b: HashedName<string>): number =>
  a.hi - b.hi || a.lo - b.lo || compareUtf8(a.name, b.name);
