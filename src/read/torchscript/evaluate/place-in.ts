// Where a running function stands, for the origin of calls.
import type { Place } from "./context.ts";
import type { Frame } from "./frame.ts";

export function placeIn(frame: Frame): Place {
  return { scope: frame.scope, line: `File "${frame.path}", line ${frame.line}` };
}
