/** `CHART#songs#all`, `TRENDING`, `RECENT`: what a stage publishes for readers. */
export type PublicationKey = string & { readonly __brand: "PublicationKey" };
