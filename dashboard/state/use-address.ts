import { useCallback } from "preact/hooks";
import { type Address, formatAddress, parseAddress } from "../lib/address.ts";
import { Store, useStore } from "./store.ts";

const address = new Store(parseAddress(location.search));
addEventListener("popstate", () => address.set(parseAddress(location.search)));

export const useAddress = (): Address => useStore(address);

/** The page's path with the address's query. */
export const hrefOf = (to: Address): string => `${location.pathname}${formatAddress(to)}`;

/**
 * Shows another address.
 *
 * @param how `push` so that Back leads here again, `replace` for what is not worth a step, such as a letter typed
 */
export function navigate(to: Address, how: "push" | "replace" = "push"): void {
  const href = hrefOf(to);
  if (href === `${location.pathname}${location.search}`) return;
  if (how === "push") history.pushState(undefined, "", href);
  else history.replaceState(undefined, "", href);
  address.set(to);
}

/** Changes some of the address. */
export function useChange(): (changes: Partial<Address>, how?: "push" | "replace") => void {
  return useCallback((changes, how) => navigate({ ...address.value, ...changes }, how), []);
}
