// Autocast regions: PyTorch casts operands as it runs, and the file only states the types that came out.
// Method: a call whose result is of another float type than its operands promote to was given operands cast to that type.
// Source: https://docs.pytorch.org/docs/stable/amp.html#autocast-op-reference
// Not here: putting the body in place of the region (inline.ts).
import type { TensorType } from "../../graph/type.ts";
import { type DType, isFloat } from "../../tensor/dtype.ts";
import type { AtenArgument, AtenCall, AtenGraph } from "./program.ts";
import { promote } from "./promote.ts";
import { renameArguments, valuesIn } from "./rename.ts";

/** The body with its casts written out. */
export function withCasts(body: AtenGraph): AtenGraph {
  const types = new Map(body.types);
  const calls = body.calls.flatMap((call) => {
    const wanted = wantedType(call, types);
    return wanted ? castOperands(call, wanted, types) : [call];
  });
  return { ...body, calls, types };
}

/** The float type that autocast gave a call's operands; undefined if it left them alone. */
function wantedType(call: AtenCall, types: ReadonlyMap<string, TensorType>): DType | undefined {
  if (castsItself(call)) return undefined;
  const result = call.outputs.flatMap(valuesIn).map((name) => types.get(name)?.dtype)[0];
  const operands = floatOperands(call, types).map((name) => types.get(name));
  if (!result || !isFloat(result) || operands.length === 0) return undefined;
  const ranked = operands.flatMap((type) =>
    type
      ? [{ dtype: type.dtype, rank: type.shape?.length === 0 ? ("scalar" as const) : ("dims" as const) }]
      : [],
  );
  return promote(ranked) === result ? undefined : result;
}

/** Operators that are told a type, or take it from another tensor. */
function castsItself(call: AtenCall): boolean {
  if (/::(to|_to_copy|type_as|copy_?|view|expand_as)\b|_like\b|::new_|^higher_order/.test(call.target))
    return true;
  return [...call.args.values()].some((argument) => argument.kind === "dtype");
}

function floatOperands(call: AtenCall, types: ReadonlyMap<string, TensorType>): string[] {
  const names = [...call.args.values()].flatMap(valuesIn);
  return names.filter((name) => {
    const dtype = types.get(name)?.dtype;
    return dtype !== undefined && isFloat(dtype);
  });
}

function castOperands(call: AtenCall, dtype: DType, types: Map<string, TensorType>): AtenCall[] {
  const casts: AtenCall[] = [];
  const cast = new Map<string, string>();
  for (const name of floatOperands(call, types)) {
    const type = types.get(name);
    if (!type || type.dtype === dtype || cast.has(name)) continue;
    const fresh = `${name}~${dtype}~${call.outputs.flatMap(valuesIn)[0] ?? ""}`;
    types.set(fresh, { ...type, dtype });
    cast.set(name, fresh);
    const args = new Map<string, AtenArgument>([
      ["self", { kind: "tensor", value: name }],
      ["dtype", { kind: "dtype", value: dtype }],
    ]);
    const outputs: AtenArgument[] = [{ kind: "tensor", value: fresh }];
    casts.push({ target: "aten::to.dtype", args, outputs, origin: call.origin });
  }
  return [...casts, { ...call, args: renameArguments(call.args, (name) => cast.get(name) ?? name) }];
}
