// Where a call stands in the model, for messages.
import type { AtenCall } from "./program.ts";

/** Such as `layer1.0.conv1 (File "net.py", line 12, in forward)`. */
export function whereOf(call: AtenCall): string {
  const { scope, line } = call.origin;
  const place = scope || "the top of the model";
  return line ? `${place} (${line})` : place;
}
