import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chartWindows } from "#src/domain/windows.ts";
import { publicLists } from "#src/wire/push-protocol.ts";
import { type Address, formatAddress, home, parseAddress } from "../../../dashboard/lib/address.ts";
import { dimensions } from "../../../dashboard/lib/dimensions.ts";
import { playColumnIds } from "../../../dashboard/lib/play-columns.ts";
import { yesNoAny } from "../../../dashboard/lib/play-filter.ts";

const text = fc.string({ maxLength: 20, unit: "grapheme" });
const named = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" });

const addresses: fc.Arbitrary<Address> = fc
  .record({
    view: fc.constantFrom("overview" as const, "listener" as const, "add" as const),
    listener: text,
    song: fc.option(named, { nil: undefined }),
    value: fc.option(fc.record({ by: fc.constantFrom(...dimensions), value: named }), { nil: undefined }),
    list: fc.constantFrom(...publicLists),
    left: fc.constantFrom(...chartWindows),
    right: fc.constantFrom(...chartWindows),
    isWhole: fc.boolean(),
    isDetailed: fc.boolean(),
    filter: fc.record({
      ...{ genre: text, platform: text, country: text, mood: text, artist: text },
      ratingAtLeast: fc.integer({ min: 0, max: 5 }),
      skipped: fc.constantFrom(...yesNoAny),
      completed: fc.constantFrom(...yesNoAny),
    }),
    sort: fc.record({
      by: fc.constantFrom(...playColumnIds),
      direction: fc.constantFrom("asc" as const, "desc" as const),
    }),
  })
  .map((address) => (address.view === "listener" ? address : { ...address, listener: "" }));

describe("the address", () => {
  test("whatever is shown comes back from its address", () => {
    fc.assert(
      fc.property(addresses, (address) => {
        expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
    );
  });

  test("the page as it opens has no query", () => {
    expect(formatAddress(home)).toBe("");
    expect(parseAddress("")).toEqual(home);
  });

  test("a listener's view is ?listener=", () => {
    const address = parseAddress("?listener=user-000042");

    expect(address).toMatchObject({ view: "listener", listener: "user-000042" });
    expect(formatAddress(address)).toBe("?listener=user-000042");
    expect(parseAddress("?listener=")).toMatchObject({ view: "listener", listener: "" });
  });

  test("what is unknown is left out", () => {
    const query = "?list=albums&left=decade&by=colour&value=red&rating=9&skipped=maybe&sort=price.desc&x=1";

    expect(parseAddress(query)).toEqual(home);
  });
});
