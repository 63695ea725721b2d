// Operators that meant something else in older files; the archive's version says which meaning holds.
// Source: https://github.com/pytorch/pytorch/blob/main/caffe2/serialize/versions.h
import { isFloat } from "../../../tensor/dtype.ts";
import type { AtenArgument } from "../../aten/program.ts";
import type { Schema } from "../../aten/schema.ts";
import type { Arguments, Context } from "./context.ts";

/** Since this version, dividing integers gives real numbers. */
const TRUE_DIVISION = 4;
/** Since this version, `full` takes its element type from the value. */
const FULL_INFERS = 5;

interface Meant {
  readonly target: string;
  readonly args: Map<string, AtenArgument>;
}

/** The call as today's operators say it. */
export function historic(
  operator: string,
  given: Arguments,
  { schema, args }: { readonly schema: Schema; readonly args: Map<string, AtenArgument> },
  context: Context,
): Meant {
  const { target } = schema;
  if (context.version < TRUE_DIVISION && /^aten::div_?$/.test(operator) && !args.has("rounding_mode")) {
    if (divides(given, context)) return truncating(target, args);
  }
  if (context.version < FULL_INFERS && operator === "aten::full" && !isGiven(args.get("dtype")))
    args.set("dtype", { kind: "dtype", value: "float32" });
  return { target, args };
}

function isGiven(argument: AtenArgument | undefined): boolean {
  return argument !== undefined && argument.kind !== "none";
}

/** Whether all operands are integers. */
function divides(given: Arguments, { builder }: Context): boolean {
  return given.positional.every((value) => {
    if (value.kind === "tensor") return !isFloat(builder.typeOf(value.name).dtype);
    return value.kind === "int";
  });
}

function truncating(target: string, args: Map<string, AtenArgument>): Meant {
  args.set("rounding_mode", { kind: "string", value: "trunc" });
  return { target: target.replace(/\.(Tensor|Scalar)$/, ".$1_mode"), args };
}
