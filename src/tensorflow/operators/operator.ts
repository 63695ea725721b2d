// What is known of one raw TensorFlow operator: arguments, attributes, kernels. The table's rows are written with it.
// Notation: `values:T*N` is N inputs of type attribute T; `input:T*` is a list whose types are the list attribute T.
import type { TfType } from "../graph.ts";

export interface OperatorArgument {
  readonly name: string;
  /** A dtype, or the name of the attribute that holds it. */
  readonly type: string;
  /** `one` tensor, `count` (as many as attribute `countAttribute`), or `list` (as many as the type list has). */
  readonly arity: "one" | "count" | "list";
  readonly countAttribute: string;
}

export type AttributeKind =
  | "type"
  | "int"
  | "float"
  | "bool"
  | "string"
  | "shape"
  | "tensor"
  | "func"
  | "ints"
  | "floats"
  | "types"
  | "strings"
  | "shapes";

export interface OperatorRow {
  readonly inputs: readonly OperatorArgument[];
  readonly outputs: readonly OperatorArgument[];
  readonly attributes: ReadonlyMap<string, AttributeKind>;
  /** The dtypes with a kernel on the CPU by type attribute; an attribute that takes any is absent. */
  readonly kernels: ReadonlyMap<string, ReadonlySet<TfType>>;
}

export function operator(
  inputs: string,
  outputs: string,
  attributes: string,
  kernels: Readonly<Record<string, string>>,
): OperatorRow {
  return {
    inputs: words(inputs).map(argument),
    outputs: words(outputs).map(argument),
    attributes: new Map(words(attributes).map((word) => word.split(":") as [string, AttributeKind])), // generated
    kernels: new Map(
      Object.entries(kernels).map(([name, dtypes]) => [name, new Set(words(dtypes) as TfType[])]), // generated
    ),
  };
}

function words(text: string): string[] {
  return text === "" ? [] : text.split(" ");
}

function argument(text: string): OperatorArgument {
  const [name = "", kind = ""] = text.split(":");
  const [type = "", count] = kind.split("*");
  const arity = count === undefined ? "one" : count === "" ? "list" : "count";
  return { name, type, arity, countAttribute: count ?? "" };
}
