// One running function: its variables, whose code it is, and where its text stands.
import type { Value } from "../values.ts";

export interface Frame {
  readonly variables: Map<string, Value>;
  /** Path of the module whose method this is, or of the one that called the function. */
  readonly scope: string;
  /** File of the function's code, such as `code/__torch__.py`. */
  readonly path: string;
  /** Functions around this one; 0 for `forward`. */
  readonly depth: number;
  /** The line of the statement that runs now. */
  line: number;
}

export function whereIn(frame: Frame): string {
  return `${frame.path}, line ${frame.line}`;
}
