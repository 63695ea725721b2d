// Sequences whose parts are known one by one come apart: what makes one becomes a SequenceConstruct, and what asks one
// becomes what it asks for, so that no sequence is left. Optionals likewise.
// Source: https://onnx.ai/onnx/operators/onnx__SequenceConstruct.html and its neighbours
// Not here: sequences that a loop fills, whose length only running tells.
import type { Dim } from "../../graph/dim.ts";
import { attributeOf, type Node, Value } from "../../graph/graph.ts";
import type { TypedGraph } from "../../graph/typed-graph.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import { scalarIn } from "../constants.ts";
import { defineRewrite, type Rewrite, type Scene } from "../rewrite.ts";

/** A longer list stays a sequence: as single values it would be a graph of its own. */
const MAX_PARTS = 1024;

const CONSTRUCT = "SequenceConstruct";
const EMPTY = "SequenceEmpty";

/** The parts of a sequence that stands apart. */
function partsOf(value: Value | undefined): readonly Value[] | undefined {
  const node = value?.producer;
  if (node?.operator === EMPTY) return [];
  return node?.operator === CONSTRUCT ? (node.inputs as readonly Value[]) : undefined; // none of them is optional
}

/** A place in a list of `count`, which may count from the back; undefined if it is not known or not there. */
function placeIn(value: Value | undefined, count: number): number | undefined {
  const given = scalarIn(value);
  if (given === undefined) return undefined;
  const place = given < 0 ? given + count : given;
  return place >= 0 && place < count ? place : undefined;
}

const AT = defineRewrite<Value>({
  name: "SequenceAt of known parts",
  ops: ["SequenceAt"],
  match({ inputs: [sequence, at] }) {
    const parts = partsOf(sequence);
    const place = parts && placeIn(at, parts.length);
    return place === undefined ? undefined : parts?.[place];
  },
  rewrite: (part, build) => build.emit("Identity", [part]),
});

const LENGTH = defineRewrite<number>({
  name: "SequenceLength of known parts",
  ops: ["SequenceLength"],
  match: ({ inputs: [sequence] }) => partsOf(sequence)?.length,
  rewrite: (count, build) => build.emit("Identity", [build.int64(count)]),
});

const INSERT = defineRewrite<readonly Value[]>({
  name: "SequenceInsert into known parts",
  ops: ["SequenceInsert"],
  match({ inputs: [sequence, part, at] }) {
    const parts = partsOf(sequence);
    if (!parts || !part || parts.length >= MAX_PARTS) return undefined;
    // The place behind the last part is one too, but a negative place counts from the last part.
    const given = at ? scalarIn(at) : parts.length;
    if (given === undefined || given > parts.length || given < -parts.length) return undefined;
    return parts.toSpliced(given, 0, part);
  },
  rewrite: (parts, build) => build.emit(CONSTRUCT, parts),
});

const ERASE = defineRewrite<readonly Value[]>({
  name: "SequenceErase from known parts",
  ops: ["SequenceErase"],
  match({ inputs: [sequence, at] }) {
    const parts = partsOf(sequence);
    if (!parts || parts.length < 2) return undefined; // an empty sequence would need its type
    const place = at ? placeIn(at, parts.length) : parts.length - 1;
    return place === undefined ? undefined : parts.toSpliced(place, 1);
  },
  rewrite: (parts, build) => build.emit(CONSTRUCT, parts),
});

interface Joined {
  readonly parts: readonly Value[];
  readonly axis: number;
  readonly fresh: boolean;
}

const CONCAT = defineRewrite<Joined>({
  name: "ConcatFromSequence of known parts",
  ops: ["ConcatFromSequence"],
  match(node) {
    const parts = partsOf(node.inputs[0]);
    const axis = attributeOf(node, "axis", "int");
    if (!parts || parts.length === 0 || axis === undefined) return undefined;
    return { parts, axis, fresh: attributeOf(node, "new_axis", "int") === 1 };
  },
  rewrite({ parts, axis, fresh }, build) {
    const deep = fresh ? parts.map((part) => build.emit("Unsqueeze", [part, build.int64s([axis])])) : parts;
    return build.emit("Concat", deep, { axis: { kind: "int", value: axis } });
  },
});

interface Cut {
  readonly data: Value;
  readonly axis: number;
  /** The size of each part, or a vector that tells it when the model runs. */
  readonly sizes: readonly number[] | Value;
  readonly count: number;
  /** Parts of one slice each lose the axis. */
  readonly dropped: boolean;
}

const SPLIT = defineRewrite<Cut>({
  name: "SplitToSequence into known parts",
  ops: ["SplitToSequence"],
  match(node, scene) {
    const [data, split] = node.inputs;
    const cut = data && sizesOf(node, data, split, scene);
    if (!cut || cut.count === 0 || cut.count > MAX_PARTS) return undefined;
    return { data, ...cut, dropped: !split && attributeOf(node, "keepdims", "int") === 0 };
  },
  rewrite({ data, axis, sizes, count, dropped }, build) {
    const parts = build.emitAll(
      "Split",
      [data, sizes instanceof Value ? sizes : build.int64s(sizes)],
      { axis: { kind: "int", value: axis } },
      { outputs: count },
    );
    const flat = dropped ? parts.map((part) => build.emit("Squeeze", [part, build.int64s([axis])])) : parts;
    return build.emit(CONSTRUCT, flat);
  },
});

function sizesOf(
  node: Node,
  data: Value,
  split: Value | undefined,
  { typed }: Scene,
): Pick<Cut, "axis" | "sizes" | "count"> | undefined {
  const shape = shapeOf(data, typed);
  if (!shape) return undefined;
  const given = attributeOf(node, "axis", "int") ?? 0;
  const axis = given < 0 ? given + shape.length : given;
  const listed = split && shapeOf(split, typed);
  if (split && listed?.length !== 0) {
    const count = listed?.[0];
    return typeof count === "number" && listed?.length === 1 ? { axis, sizes: split, count } : undefined;
  }
  // A single number is the size of every part; the last one takes what is left.
  const size = split ? scalarIn(split) : 1;
  const whole = shape[axis];
  if (typeof whole !== "number" || size === undefined || size < 1) return undefined;
  const count = Math.ceil(whole / size);
  if (count > MAX_PARTS) return undefined;
  return { axis, count, sizes: Array.from({ length: count }, (_, at) => Math.min(size, whole - at * size)) };
}

function shapeOf(value: Value, typed: TypedGraph): readonly Dim[] | undefined {
  if (value.initializer) return value.initializer.shape;
  const type = typed.knownType(value);
  return type?.kind === "tensor" ? type.shape : undefined;
}

const OPTIONAL_ELEMENT = defineRewrite<Value>({
  name: "OptionalGetElement of what is there",
  ops: ["OptionalGetElement"],
  match({ inputs: [value] }, { typed }) {
    if (!value) return undefined;
    if (value.producer?.operator === "Optional") return value.producer.inputs[0];
    const kind = typed.knownType(value)?.kind;
    return kind === "tensor" || kind === "sequence" ? value : undefined;
  },
  rewrite: (element, build) => build.emit("Identity", [element]),
});

const OPTIONAL_IS_THERE = defineRewrite<boolean>({
  name: "OptionalHasElement of what is known",
  ops: ["OptionalHasElement"],
  match({ inputs: [value] }, { typed }) {
    if (!value) return false;
    if (value.producer?.operator === "Optional") return value.producer.inputs[0] !== undefined;
    const kind = typed.knownType(value)?.kind;
    return kind === "tensor" || kind === "sequence" ? true : undefined;
  },
  rewrite: (there, build) =>
    build.emit("Identity", [build.constant(tensorOfNumbers("bool", [], [there ? 1 : 0]))]),
});

/** In the order in which they depend on each other. */
export const SEQUENCES: readonly Rewrite[] = [
  SPLIT,
  INSERT,
  ERASE,
  AT,
  LENGTH,
  CONCAT,
  OPTIONAL_ELEMENT,
  OPTIONAL_IS_THERE,
];
