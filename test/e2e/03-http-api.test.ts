import { expect, test } from "vitest";
import { describeDeployed } from "./harness/describe-deployed.ts";
import { expectRecount } from "./harness/expect-recount.ts";
import { named, wirePlay } from "./harness/wire-plays.ts";

interface PostAnswer {
  readonly accepted: number;
  readonly rejected: number;
  readonly results: readonly { readonly index: number; readonly status: string }[];
}

interface ChartAnswer {
  readonly total: number;
  readonly entries: readonly { readonly id: string; readonly rank: number; readonly plays: number }[];
}

interface UserAnswer {
  readonly plays: number;
  readonly listened_ms: number;
  readonly favourite_artist: string;
  readonly tracks_heard: number;
}

describeDeployed("the deployed HTTP API", (deployed) => {
  const { system } = deployed;
  const user = named("poster");
  const track = named("posted");
  // More than any song of the other tests has, so that it leads the charts.
  const texts = Array.from({ length: 400 }, () => wirePlay({ user, track }));

  test("says that it is well", async () => {
    const { status, body } = await system.publicApi.get("/health");

    expect(status).toBe(200);
    expect(body).toMatchObject({ status: "ok" });
  });

  test("takes plays, and judges each by itself", async () => {
    const items: unknown[] = texts.map((text) => JSON.parse(text));

    const whole = await system.api.post<PostAnswer>("/plays", items.slice(0, 399));
    const mixed = await system.api.post<PostAnswer>("/plays", [items[399], { user_id: "nobody" }]);

    expect(whole.status).toBe(200);
    expect(whole.body).toMatchObject({ accepted: 399, rejected: 0 });
    expect(mixed.status).toBe(207);
    expect(mixed.body.results.map(({ status }) => status)).toEqual(["accepted", "rejected"]);
    const another = wirePlay({ user: named("someone"), track: named("unheard") });
    await system.api.post("/plays", another);
    await expectRecount(system, [...texts, another]);
  });

  test("shows them in the charts", async () => {
    const { status, body } = await system.publicApi.get<ChartAnswer>("/charts/songs?window=all&limit=3");

    expect(status).toBe(200);
    expect(body.entries[0]).toMatchObject({ id: track, rank: 1, plays: 400 });
    expect(body.entries.length).toBeLessThanOrEqual(3);
  });

  test("shows what a listener plays", async () => {
    const { status, body } = await system.api.get<UserAnswer>(`/users/${user}`);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      plays: 400,
      listened_ms: 400 * 180_000,
      favourite_artist: `artist of ${track}`,
      tracks_heard: 1,
    });
  });

  test("recommends what the listener does not know", async () => {
    const { status, body } = await system.api.get<{
      readonly cold_start: boolean;
      readonly recommendations: readonly { readonly id: string }[];
    }>(`/users/${user}/recommendations?k=100`);

    expect(status).toBe(200);
    expect(body.cold_start).toBe(false);
    expect(body.recommendations.length).toBeGreaterThan(0);
    expect(body.recommendations.map(({ id }) => id)).not.toContain(track);
  });

  test("says how far it is, and what it does not know", async () => {
    const stats = await system.stats();
    const unknownUser = await system.api.get(`/users/${named("stranger")}`);
    const unknownChart = await system.publicApi.get("/charts/films");

    expect(stats.lag_plays).toBe(0);
    expect(stats.plays).toBeGreaterThanOrEqual(400);
    expect(unknownUser.status).toBe(404);
    expect(unknownUser.body).toMatchObject({ error: { code: "unknown_user" } });
    expect(unknownChart.status).toBe(400);
  });
});
