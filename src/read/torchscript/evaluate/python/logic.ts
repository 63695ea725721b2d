// Truth values, identity, and what PyTorch asks about its own state.
// Gradients count as wanted: layers then take their general path, not one kernel that does all of a layer at once.
import { bool, NONE, type Value } from "../../values.ts";
import type { Builtin, BuiltinCall, BuiltinTable } from "./builtin.ts";
import { computeScalar, isTruth, notScalar } from "./scalars.ts";

const both =
  (decide: (a: boolean, b: boolean) => boolean, operator: "and_" | "or_" | undefined): Builtin =>
  ([a, b], call) => {
    if (!a || !b) return undefined;
    if (a.kind === "bool" && b.kind === "bool") return bool(decide(a.value, b.value));
    if (!operator || !isTruth(a) || !isTruth(b)) return undefined;
    const [known, open] = a.kind === "bool" ? [a, b] : b.kind === "bool" ? [b, a] : [];
    if (known?.kind === "bool" && open) return known.value === (operator === "and_") ? open : known;
    return computeScalar(operator, [a, b], "bool", call);
  };

/** Whether two values are one; a value that may be None is asked whether it is there. */
function identity(a: Value, b: Value, call: BuiltinCall): Value {
  const [maybe, other] = a.kind === "maybe" ? [a, b] : b.kind === "maybe" ? [b, a] : [];
  if (maybe?.kind !== "maybe" || other?.kind !== "none") return bool(isSame(a, b));
  return maybe.present.kind === "scalar"
    ? notScalar(maybe.present, call)
    : bool(maybe.present.kind === "bool" && !maybe.present.value);
}

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
  __and__: both((a, b) => a && b, "and_"),
  __or__: both((a, b) => a || b, "or_"),
  __xor__: both((a, b) => a !== b, undefined),
  __not__: ([x], call) => {
    if (x?.kind === "bool") return bool(!x.value);
    return x?.kind === "scalar" && x.type === "bool" ? notScalar(x, call) : undefined;
  },
  __is__: ([a, b], call) => a && b && identity(a, b, call),
  __isnot__: ([a, b], call) => {
    const same = a && b && identity(a, b, call);
    return same?.kind === "scalar"
      ? notScalar(same, call)
      : same?.kind === "bool"
        ? bool(!same.value)
        : undefined;
  },
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
