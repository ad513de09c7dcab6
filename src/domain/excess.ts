/**
 * By how many `bad` ones are more than the tolerated share of `all`; negative where they are fewer. Excesses of batches add
 * up to the excess of all of them, so an alarm on their sum is one on the share, with a floor.
 *
 * @param tolerated share, 0 to 1
 */
export const excessOf = (bad: number, all: number, tolerated: number): number => bad - tolerated * all;
