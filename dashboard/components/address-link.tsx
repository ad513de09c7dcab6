import type { ComponentChildren } from "preact";
import type { Address } from "../lib/address.ts";
import { hrefOf, navigate, useAddress } from "../state/use-address.ts";

interface AddressLinkProps {
  /** What the link changes of the address. */
  readonly to: Partial<Address>;
  readonly class?: string;
  readonly label?: string;
  readonly isCurrent?: boolean;
  readonly children: ComponentChildren;
}

/** A link within the page: it opens without loading, and like any link in another tab. */
export function AddressLink({ to, class: className, label, isCurrent, children }: AddressLinkProps) {
  const target = { ...useAddress(), ...to };
  return (
    <a
      href={hrefOf(target)}
      class={className}
      aria-label={label}
      aria-current={isCurrent === true ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return;
        event.preventDefault();
        navigate(target);
      }}
    >
      {children}
    </a>
  );
}
