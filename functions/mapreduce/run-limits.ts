/**
 * How old an execution may be when it begins an epoch, ms. Express ends one after 5 minutes, and an epoch may take four
 * stages of 60 s.
 */
export const latestStartMs = 50_000;
