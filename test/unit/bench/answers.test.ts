import { expect, test } from "vitest";
import { type Answers, answersOfAnalyze, firstDifference } from "../../../bench/batch/answers.ts";

const answers: Answers = {
  songs: 2,
  listeners: 2,
  topSongs: [
    ["S1", 3],
    ["S2", 1],
  ],
  users: [
    ["U1", 1500, "Coldplay"],
    ["U2", 2500, "Drake"],
  ],
};

test("what analyze writes has songs by artist and id, and seconds", () => {
  const output = {
    mapreduce_results: { count_keys: 2, top_songs: { "Coldplay - live - S1": 3, "Drake - S2": 1 } },
    userbehavior_results: {
      num_users: 2,
      users: [
        { user_id: "U1", total_time: 1.5, top_artist: "Coldplay" },
        { user_id: "U2", total_time: 2.5, top_artist: "Drake" },
      ],
    },
  };

  expect(answersOfAnalyze(output)).toEqual(answers);
});

test("the same answers have no difference", () => {
  expect(firstDifference(answers, structuredClone(answers))).toBeUndefined();
});

test.each([
  [{ songs: 3 }, "songs: 2 and 3"],
  [{ topSongs: answers.topSongs.toReversed() }, 'topSongs, number 1: ["S1",3] and ["S2",1]'],
  [{ topSongs: answers.topSongs.slice(0, 1) }, 'topSongs, number 2: ["S2",1] and undefined'],
  [
    { users: [["U1", 1500, "Drake"], ...answers.users.slice(1)] as Answers["users"] },
    'users, number 1: ["U1",1500,"Coldplay"] and ["U1",1500,"Drake"]',
  ],
])("the first difference is named: %j", (other, difference) => {
  expect(firstDifference(answers, { ...answers, ...other })).toBe(difference);
});
