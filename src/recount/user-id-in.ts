import { isJson } from "./other-fields.ts";

/** The listener that a rejected line names; undefined where its JSON names none. */
export function userIdIn(text: string | undefined): string | undefined {
  if (text?.includes("user_id") !== true) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    const userId = isJson(json) ? json["user_id"] : undefined;
    return typeof userId === "string" ? userId : undefined;
  } catch {
    return undefined; // what is no JSON names nobody
  }
}
