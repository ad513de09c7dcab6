import { describe, expect, test } from "vitest";
import { MoveHistory, markedForMs } from "../../../dashboard/lib/move-history.ts";

const ranked = (...ids: string[]) => ids.map((id, i) => ({ id, rank: i + 1 }));

describe("marks of moves", () => {
  test("nothing has moved in the first version", () => {
    const history = new MoveHistory();
    history.take(ranked("a", "b"), 0);

    expect(history.markOf("a", 0)).toEqual({ kind: "same" });
    expect(history.markOf("unknown", 0)).toEqual({ kind: "same" });
  });

  test("a move is marked through later versions, and for ten seconds", () => {
    const history = new MoveHistory();
    history.take(ranked("a", "b", "c"), 0);
    history.take(ranked("c", "a", "b"), 1000);
    history.take(ranked("c", "a", "b"), 2000);

    expect(history.markOf("c", 2000)).toEqual({ kind: "up", steps: 2 });
    expect(history.markOf("a", 2000)).toEqual({ kind: "down", steps: 1 });
    expect(history.markOf("c", 1000 + markedForMs - 1)).toEqual({ kind: "up", steps: 2 });
    expect(history.markOf("c", 1000 + markedForMs)).toEqual({ kind: "same" });
  });

  test("steps of the last seconds add up, and back again is no move", () => {
    const history = new MoveHistory();
    history.take(ranked("a", "b", "c"), 0);
    history.take(ranked("a", "c", "b"), 1000);
    history.take(ranked("c", "a", "b"), 2000);
    expect(history.markOf("c", 2000)).toEqual({ kind: "up", steps: 2 });

    history.take(ranked("a", "b", "c"), 3000);
    expect(history.markOf("c", 3000)).toEqual({ kind: "same" });
  });

  test("what an entry did before the last ten seconds is forgotten", () => {
    const history = new MoveHistory();
    history.take(ranked("a", "b", "c"), 0);
    history.take(ranked("a", "c", "b"), 1000);
    history.take(ranked("c", "a", "b"), 12_000);

    expect(history.markOf("c", 12_000)).toEqual({ kind: "up", steps: 1 });
  });

  test("who enters is new, also while it moves on, and who was there long ago is back", () => {
    const history = new MoveHistory();
    history.take(ranked("a"), 0);
    history.take([...ranked("a", "b"), { id: "c", rank: 3, back: true }], 1000);
    history.take(ranked("b", "a", "c"), 2000);

    expect(history.markOf("b", 2000)).toEqual({ kind: "new" });
    expect(history.markOf("c", 2000)).toEqual({ kind: "back" });
    expect(history.markOf("b", 20_000)).toEqual({ kind: "same" });
  });
});
