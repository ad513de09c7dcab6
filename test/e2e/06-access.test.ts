import { expect, test } from "vitest";
import { describeDeployed } from "./harness/describe-deployed.ts";
import { createToken, revokeToken } from "./harness/earworm-cli.ts";
import { expectRecount } from "./harness/expect-recount.ts";
import { PushListener } from "./harness/push-listener.ts";
import { named, wirePlay } from "./harness/wire-plays.ts";

interface PostAnswer {
  readonly results: readonly { readonly status: string }[];
}

describeDeployed("the deployed HTTP API", ({ system, deployment }) => {
  const { stage } = deployment.target;
  const user = named("owner");
  const play = (): string => wirePlay({ user, track: named("owned") });
  const own = play();

  test("shows charts to anybody, and listeners and their plays only with a token", async () => {
    const chart = await system.publicApi.get("/charts/songs");
    const listener = await system.publicApi.get(`/users/${user}`);
    const posted = await system.publicApi.post("/plays", play());
    const invented = await system.publicApi.with({ authorization: "Bearer nonsense" }).get(`/users/${user}`);

    expect(chart.status).toBe(200);
    expect([listener.status, posted.status, invented.status]).toEqual([401, 401, 401]);
    expect(listener.body).toMatchObject({ error: { code: "unauthorized" } });
  });

  test("gives a listener's token that listener and no other, until it is revoked", async () => {
    const token = await createToken(stage, "--user", user);
    const api = system.publicApi.with({ authorization: `Bearer ${token.text}` });

    const posted = await api.post<PostAnswer>("/plays", own);
    const forAnother = await api.post<PostAnswer>("/plays", wirePlay({ user: named("other"), track: "t" }));
    await expectRecount(system, [own]);
    const mine = await api.get(`/users/${user}`);
    const another = await api.get(`/users/${named("other")}`);
    await revokeToken(stage, token);
    const revoked = await api.get(`/users/${user}`);

    expect(posted.body.results.map(({ status }) => status)).toEqual(["accepted"]);
    expect(forAnother.status).toBe(400);
    expect(mine.status).toBe(200);
    expect(mine.body).toMatchObject({ user_id: user, plays: 1 });
    expect(another.status).toBe(403);
    expect(revoked.status).toBe(401);
  });
});

describeDeployed("the deployed WebSocket API", ({ deployment }) => {
  test("admits the pages of its allow-list", async () => {
    const listener = await PushListener.open(deployment.webSocketUrl, {
      origin: "https://dashboard.example",
    });

    expect(listener.messages).toEqual([]);
    listener.close();
  });

  test("refuses another page's handshake", async () => {
    await expect(
      PushListener.open(deployment.webSocketUrl, { origin: "https://elsewhere.example" }),
    ).rejects.toThrow("the handshake was answered with 403");
  });
});
