/** The mark of icon.svg, in the page's colors. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <path d="M4 18v-4M10.5 23V9M17 27V5M23.5 21V11M29 17.5v-3" />
    </svg>
  );
}
