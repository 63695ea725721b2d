// Truth values, identity, and what PyTorch asks about its own state.
// Gradients count as wanted: layers then take their general path, not one kernel that does all of a layer at once.
import { bool, NONE, type Value } from "../../values.ts";
import type { Builtin, BuiltinTable } from "./builtin.ts";

const both =
  (decide: (a: boolean, b: boolean) => boolean): Builtin =>
  ([a, b]) =>
    a?.kind === "bool" && b?.kind === "bool" ? bool(decide(a.value, b.value)) : undefined;

/** Python's `is`. Values that cannot be told apart count as the same. */
function isSame(a: Value, b: Value): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === "none") return true;
  if (a.kind === "tensor" && b.kind === "tensor") return a.name === b.name;
  if ("value" in a && "value" in b) return a.value === b.value;
  return a === b;
}

const constant =
  (value: boolean): Builtin =>
  () =>
    bool(value);

export const LOGIC: BuiltinTable = {
  __and__: both((a, b) => a && b),
  __or__: both((a, b) => a || b),
  __xor__: both((a, b) => a !== b),
  __not__: ([x]) => {
    if (x?.kind === "bool") return bool(!x.value);
    return x?.kind === "undecided" ? { kind: "undecided", text: `not ${x.text}` } : undefined;
  },
  __is__: ([a, b]) => (a && b ? bool(isSame(a, b)) : undefined),
  __isnot__: ([a, b]) => (a && b ? bool(!isSame(a, b)) : undefined),
  is_grad_enabled: constant(true),
  is_autocast_enabled: constant(false),
  is_autocast_cpu_enabled: constant(false),
  is_scripting: constant(true),
  is_inference: constant(true),
  _get_tracing_state: constant(false),
  warn: () => NONE,
  manual_seed: () => NONE,
  _assert: () => NONE,
  set_grad_enabled: () => NONE,
};
