import { ChartCard } from "../components/chart-card.tsx";
import { PlayForm } from "../components/play-form.tsx";

/** Where a play is added by hand, beside a chart that it may change. */
export function AddPlayView() {
  return (
    <div class="add">
      <section class="card form-card" aria-labelledby="form-title">
        <div class="card-head">
          <h2 id="form-title">Add a play</h2>
          <p class="muted">it takes the way of every other play</p>
        </div>
        <PlayForm />
      </section>
      <ChartCard side="left" />
    </div>
  );
}
