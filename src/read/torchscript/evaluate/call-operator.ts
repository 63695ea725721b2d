// Calls an ATen operator: chooses its overload by the arguments, tells its results' types, appends the call.
// Overloads: PyTorch tries all with exact types first, then with conversions; the first that fits is taken.
// Source: https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/frontend/schema_matching.cpp
// Not here: operators on Python's own values (python/), what is known of numbers in tensors (contents.ts).
import { RuleFault } from "../../../core/rule-fault.ts";
import { type Dim, symbol, symbolName } from "../../../graph/dim.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import { Facts, Refusal } from "../../aten/argument.ts";
import type { AtenArgument, AtenCall } from "../../aten/program.ts";
import { resultTypes } from "../../aten/result-types/result-types.ts";
import { ruleFor } from "../../aten/rules/registry.ts";
import { overloadsOf, type Schema, schemaOf } from "../../aten/schema.ts";
import { Unfollowed } from "../refusal.ts";
import { describe, itemsOf, list, NONE, type TensorValue, tensor, tuple, type Value } from "../values.ts";
import { callOnStack } from "./call-on-stack.ts";
import { type CallAten, callCell } from "./cells.ts";
import { contentsOf, ratioIn, sizeIn, withCounts } from "./contents.ts";
import type { Arguments, Context, Place } from "./context.ts";
import { type Conversion, convertArgument } from "./convert-argument.ts";
import { fixedResult, forgetFixed } from "./fixed-numbers.ts";
import { historic } from "./historic.ts";
import { noteStrides } from "./strides.ts";

interface Chosen {
  readonly schema: Schema;
  readonly args: Map<string, AtenArgument>;
}

/** Calls an operator such as `aten::conv2d`; undefined if there is no operator of that name. */
export function callOperator(
  operator: string,
  stated: Arguments,
  context: Context,
  place: Place,
): Value | undefined {
  const given = withCounts(operator, stated);
  const [self] = given.positional;
  if (operator === "aten::detach" && self?.kind === "tensor" && self.contents !== undefined) return self;
  const composed = compose(operator, given, context, place);
  if (composed) return composed;
  const overloads = [...(context.extensions?.overloadsOf(operator) ?? []), ...overloadsOf(operator)];
  if (overloads.length === 0) return undefined;
  const { target, args } = historic(
    operator,
    given,
    choose(operator, overloads, given, context, place),
    context,
  );
  if (keepsAll(target, args, context)) return self;
  for (const value of tensorsIn(given)) context.builder.memories.see(value);
  const written = writtenBy(target, given);
  const contents = written && contentsAfter(operator, given, written, context); // from what was known before it is written
  const base: AtenCall = { target, args, outputs: [], origin: originOf(operator, place) };
  const results = appendCall(base, context);
  if (place.execution !== undefined) context.builder.noteSources(place.execution, results);
  const value = shapeResults(
    overloads.find((schema) => schema.target === target)?.returns ?? "Tensor",
    results,
  );
  forgetFixed(operator, given);
  if (written) {
    written.contents = contents;
    return written;
  }
  const [first] = results;
  if (first && self?.kind === "tensor" && RESEEN.test(target)) return seenAs(self, first, context);
  const copy = args.get("copy");
  const isFresh = copy?.kind === "bool" && copy.value;
  if (first) {
    const { builder } = context;
    const type = builder.typeOf(first.name);
    const dtypeOf = (name: string) => builder.typeOf(name).dtype;
    if (results.length === 1) {
      first.contents = contentsOf(operator, given, type, isFresh, dtypeOf);
      first.fixed = fixedResult(operator, given, type, dtypeOf);
    }
  }
  return value;
}

/** Whether it is a conversion to the type that the tensor has: PyTorch gives back the tensor itself. */
function keepsAll(target: string, args: ReadonlyMap<string, AtenArgument>, { builder }: Context): boolean {
  const [self, dtype, copy] = ["self", "dtype", "copy"].map((name) => args.get(name));
  if (!target.startsWith("aten::to.") || self?.kind !== "tensor" || dtype?.kind !== "dtype") return false;
  if (args.has("memory_format") && args.get("memory_format")?.kind !== "none") return false;
  const copies = copy !== undefined && !(copy.kind === "bool" && !copy.value);
  return !copies && builder.typeOf(self.value).dtype === dtype.value;
}

/** In-place operators that change how a tensor is seen; their result is another view of it. */
const RESEEN = /^aten::(squeeze|unsqueeze|t|transpose|swapaxes|swapdims|as_strided|resize|resize_as|set)_\./;

/** The tensor itself, for all who hold it, with the name of the view that it is now. */
function seenAs(self: TensorValue, view: TensorValue, { builder }: Context): TensorValue {
  if (builder.inBody)
    throw new Unfollowed("a tensor is turned in place where only running tells whether it is");
  builder.noteSeenAnew();
  self.name = view.name;
  builder.memories.see(self);
  return self;
}

/** The tensor that an in-place operator writes into, which is its result too. */
function writtenBy(target: string, given: Arguments): TensorValue | undefined {
  const schema = schemaOf(target);
  const [first] = schema?.arguments ?? [];
  const isInPlace = first?.written === true && /^Tensor\(a!\)$|^Tensor$/.test(schema?.returns ?? "");
  const self = given.positional[0];
  return isInPlace && self?.kind === "tensor" && !RESEEN.test(target) ? self : undefined;
}

/** Operators that are made of others. */
function compose(operator: string, given: Arguments, context: Context, at: Place): Value | undefined {
  const place: Place = { scope: at.scope, line: at.line }; // the source executes none of the others
  const call: CallAten = (name, ...positional) => {
    const args: Arguments = { positional, named: new Map() };
    const [first] = positional;
    if (name === "size" && first?.kind === "tensor")
      return list(context.builder.typeOf(first.name).shape.map((value) => ({ kind: "int", value })));
    return callOperator(`aten::${name}`, args, context, place) ?? NONE;
  };
  return callCell(operator, given, call) ?? callOnStack(operator, given, call);
}

/** The number in a tensor of one element: its contents where they are known, else a call of `item`. */
export function itemOf(value: TensorValue, context: Context, place: Place): Value {
  const whole = sizeIn(value);
  if (whole !== undefined) return { kind: "int", value: whole };
  const { builder } = context;
  const { dtype, shape } = builder.typeOf(value.name);
  const [known] = value.fixed ?? [];
  if (known !== undefined && value.fixed?.length === 1)
    return { kind: isFloat(dtype) ? "float" : "int", value: known };
  if (shape.some((size) => size !== 1))
    throw new Unfollowed(`a tensor of shape [${shape}] is used as a number`);
  const args = new Map<string, AtenArgument>([["self", { kind: "tensor", value: value.name }]]);
  const origin = originOf("aten::item", place);
  const append = (output: AtenArgument) =>
    builder.append({ target: "aten::item.default", args, outputs: [output], origin });
  if (isFloat(dtype) || dtype === "bool") {
    const name = builder.freshName("item");
    builder.types.set(name, { kind: "tensor", dtype: dtype === "bool" ? "bool" : "float64", shape: [] });
    append({ kind: "symbol", value: name });
    return { kind: "scalar", type: dtype === "bool" ? "bool" : "float", name, ratio: ratioIn(value) };
  }
  const size = builder.freshInteger();
  append({ kind: "int", value: size });
  builder.memories.see(value);
  if (!builder.inBody) value.contents = size; // a body's symbols mean nothing outside
  return { kind: "int", value: symbol(symbolName(size) ?? "") };
}

function originOf(operator: string, { scope, line }: Place) {
  return { scope, operator, line };
}

function choose(
  operator: string,
  overloads: readonly Schema[],
  given: Arguments,
  context: Context,
  place: Place,
): Chosen {
  for (const exact of [true, false]) {
    const found = overloads.flatMap((schema) => {
      const unwraps = PROMOTES.test(operator) && !given.positional.every(isNumber);
      const args = match(schema, given, { ...conversion(exact, context, place), unwraps });
      return args ? [{ schema, args }] : [];
    });
    const known = found.find(({ schema }) => ruleFor(schema.target)) ?? found[0];
    if (known) return known;
  }
  const kinds = [...given.positional, ...given.named.values()].map(describe).join(", ");
  throw new Unfollowed(`${operator} takes no arguments such as (${kinds})`);
}

/** Operators whose operands are promoted to a common type. */
const PROMOTES =
  /^aten::(add|sub|mul|div|pow|remainder|fmod|floor_divide|true_divide|multiply|divide|subtract|rsub|eq|ne|lt|le|gt|ge|where|__(and|or|xor)__|bitwise_(and|or|xor))_?$/;

function isNumber(value: Value): boolean {
  return value.kind !== "tensor" || value.number !== undefined;
}

function conversion(exact: boolean, context: Context, place: Place): Omit<Conversion, "unwraps"> {
  return {
    exact,
    numberOf(value, type) {
      const number = itemOf(value, context, place);
      if (number.kind === "int" && type !== "float") return number;
      if (number.kind === "int" && typeof number.value === "number")
        return { kind: "float", value: number.value };
      return number.kind === "scalar" && type !== "int" ? { kind: "symbol", value: number.name } : undefined;
    },
  };
}

function match(schema: Schema, given: Arguments, how: Conversion): Map<string, AtenArgument> | undefined {
  const positional = schema.arguments.filter((argument) => !argument.keyword);
  if (given.positional.length > positional.length) return undefined;
  const named = new Set(given.named.keys());
  const args = new Map<string, AtenArgument>();
  for (const argument of schema.arguments) {
    const at = positional.indexOf(argument);
    const value = (at >= 0 ? given.positional[at] : undefined) ?? given.named.get(argument.name);
    named.delete(argument.name);
    if (!value) {
      if (argument.fallback === undefined) return undefined;
      continue;
    }
    const converted = convertArgument(value, argument.type, how);
    if (!converted) return undefined;
    args.set(argument.name, converted);
  }
  return named.size === 0 ? args : undefined;
}

/** Appends a call with fresh results; the result is their tensors. */
function appendCall(call: AtenCall, { builder, extensions }: Context): TensorValue[] {
  const schema = extensions?.schemaOf(call.target) ?? schemaOf(call.target);
  const facts = new Facts(call, builder, schema);
  const types = typesOf(facts, () => builder.freshSize(), extensions);
  const results = types.map((type) => {
    const name = builder.freshName(facts.name);
    builder.types.set(name, type);
    return tensor(name);
  });
  const outputs: AtenArgument[] = results.map(({ name }) => ({ kind: "tensor", value: name }));
  const isList = /\[\]$/.test(facts.schema?.returns ?? "");
  const list: AtenArgument = { kind: "tensors", values: results.map(({ name }) => name) };
  const finished: AtenCall = { ...call, outputs: isList ? [list] : outputs };
  builder.append(finished);
  noteStrides(
    new Facts(finished, builder, schema),
    results.map(({ name }) => name),
    builder,
  );
  return results;
}

function typesOf(facts: Facts, fresh: () => Dim, extensions: Context["extensions"]) {
  try {
    const types = extensions?.resultTypes(facts, fresh) ?? resultTypes(facts, fresh);
    if (types) return types;
  } catch (error) {
    if (error instanceof RuleFault) throw new Unfollowed(error.told, "mend the rule");
    if (error instanceof Refusal) throw new Unfollowed(`${facts.target}: ${error.message}`);
    throw error;
  }
  throw new Unfollowed(`${facts.target} is an operator of which nothing is known`);
}

/** Results as Python sees them: a tensor, a tuple of them, a list, or None. */
function shapeResults(returns: string, results: readonly TensorValue[]): Value {
  if (/\[\]$/.test(returns)) return list(results);
  if (returns === "()") return NONE;
  const [first] = results;
  return first && !returns.startsWith("(") ? first : tuple(results);
}

/** What a tensor holds once an in-place operator has written into it; a body may run or not, so there nobody knows. */
function contentsAfter(
  operator: string,
  given: Arguments,
  written: TensorValue,
  { builder }: Context,
): TensorValue["contents"] {
  if (builder.inBody) return undefined;
  const dtypeOf = (name: string) => builder.typeOf(name).dtype;
  return contentsOf(operator.replace(/_$/, ""), given, builder.typeOf(written.name), true, dtypeOf);
}

function tensorsIn({ positional, named }: Arguments): TensorValue[] {
  return [...positional, ...named.values()]
    .flatMap((value) => itemsOf(value) ?? [value])
    .filter((value) => value.kind === "tensor");
}
