// What an expression of TorchScript's code is worth while the code is followed: Python's values are known exactly,
// a tensor is the name of a value of the graph being made.
// Invariant: lists, dicts and objects are shared by reference, as in Python; everything else never changes.
import { type Dim, type DimExpression, symbol } from "../../graph/dim.ts";
import type { Ratio } from "./evaluate/ratio.ts";
import type { ClassDefinition, FunctionDefinition } from "./source/syntax.ts";

export type Value =
  | { readonly kind: "none" }
  /** An integer; one that depends on the sizes of inputs is an expression of symbols. */
  | { readonly kind: "int"; readonly value: Dim }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "complex"; readonly real: number; readonly imaginary: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "device"; readonly name: string }
  | TensorValue
  | ScalarValue
  | MaybeValue
  | ListValue
  | TupleValue
  | DictValue
  | ObjectValue
  | FunctionValue
  | { readonly kind: "method"; readonly object: ObjectValue; readonly name: string }
  | ClassValue
  | { readonly kind: "uninitialized" };

export interface TensorValue {
  readonly kind: "tensor";
  /** Its name in the graph; another one once an operator such as `unsqueeze_` changed how it is seen. */
  name: string;
  /**
   * The one element of a tensor without axes, where it follows from sizes (evaluate/contents.ts): of an integer tensor a
   * size, of a real one a fraction.
   */
  contents: Dim | Ratio | undefined;
  /** All elements in order, where fixed numbers alone decide them (evaluate/fixed-numbers.ts). */
  fixed?: readonly number[] | undefined;
  /** The Python number that a constant was: beside tensors it decides types by its kind only. */
  readonly number?: Extract<Value, { readonly kind: "int" | "float" | "bool" }>;
}

/** A number or truth value that a call computes. */
export interface ScalarValue {
  readonly kind: "scalar";
  readonly type: "float" | "bool";
  /** Its name in the graph. */
  readonly name: string;
  /** The float where it follows from sizes. */
  readonly ratio?: Ratio | undefined;
  /** What it says, for messages, such as `batch gt 1`. */
  readonly text?: string;
}

/** None or not, which only running tells. */
export interface MaybeValue {
  readonly kind: "maybe";
  /** Whether it is there. */
  readonly present: Value;
  /** What it is if it is there; anything of that type if not. */
  readonly value: Value;
}

export interface ListValue {
  readonly kind: "list";
  items: Value[];
  /** Where only running tells how many items there are: all of them, `items` is empty then. */
  stack?: Stack | undefined;
}

/** The items of a list as one tensor, along its first axis. */
export interface Stack {
  readonly element: "tensor" | "int" | "float" | "bool";
  readonly tensor: TensorValue;
}

export interface TupleValue {
  readonly kind: "tuple";
  readonly items: readonly Value[];
  /** Names of the places, for named tuples. */
  readonly fields?: readonly string[];
}

export interface DictValue {
  readonly kind: "dict";
  /** By the key's value; insertion order. */
  readonly entries: Map<string | number | boolean, { readonly key: Value; readonly value: Value }>;
}

/** A module, or an object of another class. */
export interface ObjectValue {
  readonly kind: "object";
  /** Qualified name of its class, such as `__torch__.torch.nn.modules.conv.Conv2d`. */
  readonly className: string;
  /** Where it hangs in the model, such as `layer1.0.conv1`. */
  readonly path: string;
  readonly attributes: Map<string, Value>;
}

export interface FunctionValue {
  readonly kind: "function";
  /** Qualified name. */
  readonly name: string;
  readonly definition: FunctionDefinition;
}

export interface ClassValue {
  readonly kind: "class";
  readonly name: string;
  readonly definition: ClassDefinition;
}

export const NONE: Value = { kind: "none" };
export const int = (value: Dim): Value => ({ kind: "int", value });
export const float = (value: number): Value => ({ kind: "float", value });
export const bool = (value: boolean): Value => ({ kind: "bool", value });
export const string = (value: string): Value => ({ kind: "string", value });
export const list = (items: readonly Value[]): ListValue => ({ kind: "list", items: [...items] });
export const tuple = (items: readonly Value[]): TupleValue => ({ kind: "tuple", items });
export const tensor = (name: string, contents?: Dim): TensorValue => ({ kind: "tensor", name, contents });

/** The key under which a dict keeps a value; undefined for what cannot be a key. */
export function keyOf(value: Value): string | number | boolean | undefined {
  if (value.kind === "string" || value.kind === "bool" || value.kind === "float") return value.value;
  return value.kind === "int" && typeof value.value === "number" ? value.value : undefined;
}

/** The items of a list or tuple; undefined for anything else. */
export function itemsOf(value: Value): readonly Value[] | undefined {
  if (value.kind === "list") return value.stack ? undefined : value.items;
  return value.kind === "tuple" ? value.items : undefined;
}

/** What a value is, for messages. */
export function describe(value: Value): string {
  switch (value.kind) {
    case "int":
    case "float":
    case "bool":
      return `${value.kind} ${value.value}`;
    case "string":
      return JSON.stringify(value.value.slice(0, 40));
    case "scalar":
      return value.text === undefined
        ? `a ${value.type} that is computed`
        : `a condition on sizes (${value.text})`;
    case "maybe":
      return "a value that may be None";
    case "list":
      return value.stack ? "a list whose length depends on the input" : "a list";
    case "object":
    case "class":
      return `a ${(value.kind === "object" ? value.className : value.name).split(".").at(-1)}`;
    case "none":
      return "None";
    default:
      return `a ${value.kind}`;
  }
}

/** A symbol for a size that only running tells. */
export const unknownSize = (number: number): DimExpression => symbol(`u${number}`);

/** A symbol for an integer that only running tells; unlike a size it may be negative. */
export const unknownInteger = (number: number): DimExpression => symbol(`ui${number}`);

/** The number that `unknownSize` or `unknownInteger` was given; undefined for symbols of inputs. */
export function unknownNumber(name: string): number | undefined {
  const found = /^ui?(\d+)$/.exec(name);
  return found ? Number(found[1]) : undefined;
}
