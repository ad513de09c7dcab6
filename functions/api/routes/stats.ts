import { totalCounts } from "#src/domain/epoch.ts";
import { viewStats } from "#src/wire/stats-view.ts";
import type { ApiDeps } from "../api-request.ts";
import { latestCommitted } from "../committed-epoch.ts";
import { type Answer, isoTime, json } from "../http-answer.ts";

/** `GET /stats`: what is committed, how far that is behind what has arrived, and how it compared with the archive. */
export async function getStats(deps: ApiDeps): Promise<Answer> {
  // The heads are read after the record: they only grow, so the lag is never negative.
  const [committed, verified] = await Promise.all([
    latestCommitted(deps.epochs),
    deps.epochs.readVerification(),
  ]);
  const arrived = totalCounts(await deps.segments.readHeads());
  const { epoch_at, verification, ...counts } = viewStats(committed, verified);
  return json(200, {
    ...counts,
    lag_plays: arrived.plays - totalCounts(committed?.to ?? []).plays,
    epoch_at: epoch_at === null ? null : isoTime(epoch_at),
    age_ms: epoch_at === null ? null : Math.max(0, deps.clock() - epoch_at),
    figures: committed?.figures ?? {},
    verification,
    simulated: deps.simulated ?? false,
  });
}

/** `GET /health`: the function runs and is able to read its store. */
export async function getHealth(deps: ApiDeps): Promise<Answer> {
  const latest = await deps.epochs.latest();
  return json(200, { status: "ok", epoch: latest?.epoch ?? 0 });
}
