// Which results share memory with an argument, and how a base is rebuilt when a view of it was written to.
// Method: each view operator has an inverse: given the base and the view's new contents, calls that make the new base.
// Source: https://docs.pytorch.org/docs/stable/tensor_view.html
// Not here: keeping track of who shares with whom (functionalize.ts).
import { addDims, type Dim, sameDim, sameShape } from "../../graph/dim.ts";
import type { TensorType } from "../../graph/type.ts";
import { isComplex } from "../../tensor/dtype.ts";
import { Facts, normalAxis, Refusal, type TypesAndStrides } from "./argument.ts";
import { channelsLastStrides, contiguousStrides, reshapedStrides, sameOrder } from "./memory-order.ts";
import type { AtenArgument, AtenCall } from "./program.ts";
import { valuesIn } from "./rename.ts";
import { schemaOf } from "./schema.ts";

/** A call without results yet: target and arguments. */
export interface Step {
  readonly target: string;
  readonly args: ReadonlyMap<string, AtenArgument>;
}

const tensor = (value: string): AtenArgument => ({ kind: "tensor", value });
const int = (value: Dim): AtenArgument => ({ kind: "int", value });
const ints = (values: readonly Dim[]): AtenArgument => ({ kind: "ints", values });
const step = (target: string, args: Record<string, AtenArgument>): Step => ({
  target,
  args: new Map(Object.entries(args)),
});

/** Results that are their argument under another name. */
const SAME = new Set(
  "alias detach lift_fresh positive resolve_conj resolve_neg contiguous to type_as dropout feature_dropout alpha_dropout _reshape_alias sum_to_size conj_physical".split(
    " ",
  ),
);
/** Results with the same elements in the same order. */
const RESHAPES = new Set(
  (
    "view reshape reshape_as view_as flatten unflatten ravel squeeze unsqueeze atleast_1d atleast_2d atleast_3d " +
    "_unsafe_view expand expand_as broadcast_to"
  ).split(" "),
);
/** Permutations of axes that undo themselves. */
const SELF_INVERSE = new Set("transpose t numpy_T mT swapaxes swapdims adjoint mH matrix_H".split(" "));
/** Of those above, the ones that copy when memory does not allow a view. */
const COPY_IF_NEEDED = new Set("reshape reshape_as flatten ravel".split(" "));

/** The name of the argument whose memory the results share; undefined if they are fresh. */
export function sharedArgument(call: AtenCall, graph: TypesAndStrides): string | undefined {
  const facts = new Facts(call, graph);
  const argument = sharingByName(facts) ?? sharingBySchema(call.target);
  if (argument === undefined || call.args.get(argument)?.kind !== "tensor") return undefined;
  return copies(facts, argument, graph) ? undefined : argument;
}

/** Views, and operators that return their argument as it is, whose schema does not say so. */
const UNDECLARED =
  /^(type_as|atleast_[123]d|_unsafe_view|unsafe_(chunk|split|split_with_sizes)|sum_to_size|conj_physical)$/;
/** Operators of which a result may be a view of any tensor in their list. */
const UNDECLARED_OF_LISTS = /^(einsum|meshgrid|broadcast_tensors|atleast_[123]d|cartesian_prod)$/;

function sharingByName(facts: Facts): string | undefined {
  if (facts.name.includes("dropout"))
    return facts.argument("train").kind === "bool" && !facts.bool("train") ? "input" : undefined;
  return UNDECLARED.test(facts.name) ? "self" : undefined;
}

/** Tensors whose memory the results may share in a way that nobody can follow. */
export function hiddenSources(call: AtenCall): readonly string[] {
  const name = call.target.replace(/^.*::/, "").replace(/\..*$/, "");
  const lists = [...call.args.values()].filter(({ kind }) => kind === "tensors").flatMap(valuesIn);
  if (!UNDECLARED_OF_LISTS.test(name)) return [];
  return name === "einsum" && lists.length > 1 ? [] : lists; // of several it makes products
}

/** Tensors whose memory the results may share, whether or not they do here. */
export function possibleSources(call: AtenCall): readonly string[] {
  const name = call.target.replace(/^.*::/, "").replace(/\..*$/, "");
  const declared = /\(a/.test(schemaOf(call.target)?.returns ?? "");
  if (!declared && !UNDECLARED.test(name) && !name.includes("dropout")) return hiddenSources(call);
  return [...call.args.values()].flatMap(valuesIn).slice(0, 1);
}

function sharingBySchema(target: string): string | undefined {
  const schema = schemaOf(target);
  if (!schema || !/\(a/.test(schema.returns) || schema.arguments.some((argument) => argument.written))
    return undefined;
  return schema.arguments[0]?.name;
}

function copies(facts: Facts, argument: string, graph: TypesAndStrides): boolean {
  const result = facts.outputNames()[0];
  const source = facts.type(argument);
  if (facts.name === "sum_to_size") return !sameShape(source.shape, facts.result().shape);
  if (facts.name === "conj_physical") return isComplex(source.dtype);
  if (facts.name === "to" || facts.name === "type_as") {
    const declared = result === undefined ? undefined : graph.types.get(result);
    if (declared?.dtype !== source.dtype || (facts.name === "to" && facts.bool("copy"))) return true;
    if (!facts.has("memory_format")) return false;
  }
  const base = facts.argument(argument);
  const strides = base.kind === "tensor" ? graph.strides?.get(base.value) : undefined;
  if (!strides) return false;
  if (facts.name === "contiguous" || facts.name === "to") return moves(facts, source.shape, strides, graph);
  if (!COPY_IF_NEEDED.has(facts.name)) return false;
  return reshapedStrides(source.shape, strides, facts.result().shape) === undefined;
}

/** Whether elements have to move to lie as `contiguous` or `to` has them. */
function moves(
  facts: Facts,
  shape: readonly Dim[],
  strides: readonly Dim[],
  graph: TypesAndStrides,
): boolean {
  const result = facts.outputNames()[0];
  const known = result === undefined ? undefined : graph.strides?.get(result);
  if (known) return strides.some((step, axis) => !sameDim(step, known[axis] ?? 1)); // a tensor itself has its own strides
  const wanted = statedStrides(facts, shape);
  return wanted !== undefined && !sameOrder(shape, strides, wanted);
}

/** How a result lies in memory by the call's own words; undefined if as the argument does, or if nobody knows. */
export function statedStrides(facts: Facts, shape: readonly Dim[]): readonly Dim[] | undefined {
  const format = memoryFormat(facts);
  return format === "contiguous"
    ? contiguousStrides(shape)
    : format === shape.length
      ? channelsLastStrides(shape)
      : undefined;
}

/** What TorchScript states: a number of c10, or the schema's default; with channels innermost, for which rank. */
export function memoryFormat(facts: Facts): "contiguous" | "preserved" | "other" | number {
  const stated = facts.has("memory_format") ? facts.argument("memory_format") : undefined;
  if (!stated) return facts.name === "contiguous" ? "contiguous" : "preserved";
  const text = stated.kind === "int" ? `int ${stated.value}` : stated.kind === "other" ? stated.text : "";
  return FORMATS[text] ?? "other";
}

const FORMATS: Readonly<Record<string, ReturnType<typeof memoryFormat>>> = {
  "int 0": "contiguous",
  "int 1": "preserved",
  "int 2": 4,
  "int 3": 5,
};

/**
 * The call that gives the new contents of `base` after result `index` of the view `call` was replaced by `fresh`.
 * Undefined means that the base is `fresh` itself. Throws Refusal where no such call is known.
 */
export function undoView(
  call: AtenCall,
  argument: string,
  index: number,
  base: string,
  fresh: string,
  types: ReadonlyMap<string, TensorType>,
): Step | undefined {
  const facts = new Facts(call, { types });
  const { name } = facts;
  if (SAME.has(name) || name.includes("dropout")) return undefined;
  const shape = facts.shape(argument);
  if (name === "view" && call.target === "aten::view.dtype") throw new Refusal(unknownView(facts));
  if (RESHAPES.has(name)) return undoReshape(facts, shape, fresh);
  if (SELF_INVERSE.has(name))
    return { target: call.target, args: new Map([...call.args, [argument, tensor(fresh)]]) };
  if (name === "permute")
    return step("aten::permute.default", {
      self: tensor(fresh),
      dims: ints(inverse(facts.ints("dims"), shape.length)),
    });
  if (name === "movedim" || name === "moveaxis") {
    const [source, destination] = [facts.argument("source"), facts.argument("destination")];
    return step(call.target, { self: tensor(fresh), source: destination, destination: source });
  }
  if (name === "view_as_real") return step("aten::view_as_complex.default", { self: tensor(fresh) });
  if (name === "view_as_complex") return step("aten::view_as_real.default", { self: tensor(fresh) });
  return undoPart(facts, index, base, fresh, shape);
}

function undoReshape(facts: Facts, shape: readonly Dim[], fresh: string): Step | undefined {
  const seen = facts.result().shape;
  if (
    /expand|broadcast/.test(facts.name) &&
    !sameShape(
      seen.filter((dim) => dim !== 1),
      shape.filter((dim) => dim !== 1),
    )
  ) {
    throw new Refusal("it is written to through an expanded view, whose elements share memory");
  }
  return step("aten::reshape.default", { self: tensor(fresh), shape: ints(shape) });
}

/** Views of a part of the base: the part is put back by the `_scatter` operators. */
function undoPart(facts: Facts, index: number, base: string, fresh: string, shape: readonly Dim[]): Step {
  const put = { self: tensor(base), src: tensor(fresh) };
  const { name } = facts;
  const dim = facts.argument("dim");
  if (name === "select")
    return step("aten::select_scatter.default", { ...put, dim, index: facts.argument("index") });
  if (name === "unbind") return step("aten::select_scatter.default", { ...put, dim, index: int(index) });
  if (name === "slice") {
    const [start, end] = [facts.argument("start"), facts.argument("end")];
    return step("aten::slice_scatter.default", { ...put, dim, start, end, step: facts.argument("step") });
  }
  if (name === "narrow") {
    const start = facts.dim("start");
    return step("aten::slice_scatter.default", {
      ...put,
      dim,
      start: int(start),
      end: int(addDims(start, facts.dim("length"))),
    });
  }
  if (name === "diagonal") {
    const args = {
      offset: facts.argument("offset"),
      dim1: facts.argument("dim1"),
      dim2: facts.argument("dim2"),
    };
    return step("aten::diagonal_scatter.default", { ...put, ...args });
  }
  if (name === "as_strided") {
    const args = { size: facts.argument("size"), stride: facts.argument("stride") };
    return step("aten::as_strided_scatter.default", {
      ...put,
      ...args,
      storage_offset: facts.argument("storage_offset"),
    });
  }
  if (/^(unsafe_)?(split|split_with_sizes|chunk|tensor_split)$/.test(name)) {
    const axis = normalAxis(facts.int("dim"), shape.length);
    const sizes = facts.outputNames().map((_, place) => facts.result(place).shape[axis] as Dim);
    const start = sizes.slice(0, index).reduce<Dim>(addDims, 0);
    const end = addDims(start, sizes[index] as Dim);
    return step("aten::slice_scatter.default", { ...put, dim, start: int(start), end: int(end) });
  }
  throw new Refusal(unknownView(facts));
}

function unknownView(facts: Facts): string {
  return `it is written to through a view made by ${facts.name}; export with run_decompositions({})`;
}

function inverse(perm: readonly number[], rank: number): number[] {
  const result = new Array<number>(rank).fill(0);
  for (const [to, from] of perm.entries()) result[normalAxis(from, rank)] = to;
  return result;
}
