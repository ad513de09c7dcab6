import { dimensions } from "../lib/dimensions.ts";
import { ShareCard } from "./share-card.tsx";

/** What today's plays are made of. */
export function SharesSection() {
  return (
    <section class="shares" aria-labelledby="shares-title">
      <h2 id="shares-title" class="visually-hidden">
        Today's plays by genre, platform, mood and country
      </h2>
      {dimensions.map((dimension) => (
        <ShareCard key={dimension} dimension={dimension} />
      ))}
    </section>
  );
}
