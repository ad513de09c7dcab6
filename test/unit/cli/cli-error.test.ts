import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { messageOf } from "#cli/cli-error.ts";

function systemError(): Error {
  try {
    readdirSync("no-such-directory");
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("there is such a directory");
}

test("a cause is told once, also where it was wrapped without its call and path", () => {
  const cause = systemError();
  const [what, call] = cause.message.split(", ");
  const wrapped = new Error(`archive here: ${what}`, { cause });

  expect(call).toBe("scandir 'no-such-directory'");
  expect(messageOf(wrapped)).toBe("archive here: ENOENT: no such file or directory");
});

test("a cause that says more is told too, with its call and path", () => {
  const wrapped = new Error("the archive cannot be read", { cause: systemError() });

  expect(messageOf(wrapped)).toBe(
    "the archive cannot be read: ENOENT: no such file or directory, scandir 'no-such-directory'",
  );
});
