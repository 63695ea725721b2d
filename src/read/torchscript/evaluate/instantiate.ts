// New objects of the code's classes, which a program makes while it runs.
import { Unfollowed } from "../refusal.ts";
import type { ObjectValue } from "../values.ts";
import type { Context } from "./context.ts";

export function instantiate(className: string, context: Context): ObjectValue {
  if (!context.code.class(className))
    throw new Unfollowed(`the class ${className} is not in the archive's code`);
  return { kind: "object", className, path: "", attributes: new Map() };
}
