/** Behind a row: how much of the best entry's figure it has. */
export function ShareBar({ share }: { readonly share: number }) {
  // On an element of its own: a custom property on the row would have all that is in it styled anew.
  return <span class="share-bar" style={{ transform: `scaleX(${share})` }} />;
}
