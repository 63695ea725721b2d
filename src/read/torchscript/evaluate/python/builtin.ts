// What a built-in of TorchScript is: an operator on Python's own values, told from ATen's of the same name by its arguments.
import type { Value } from "../../values.ts";
import type { Context, Place } from "../context.ts";

/** The result; undefined if the arguments are not for it, which leaves the call to ATen. */
export type Builtin = (args: readonly Value[], call: BuiltinCall) => Value | undefined;

export interface BuiltinCall {
  readonly named: ReadonlyMap<string, Value>;
  readonly context: Context;
  readonly place: Place;
}

/** Built-ins by name, such as `add` for `torch.add`. */
export type BuiltinTable = Readonly<Record<string, Builtin>>;
