// Tells whether a model's running time follows from its inputs' shapes alone. Only then do past runs foretell the
// next one, so that a cheap model may run on the event loop.
// A value is free if it is computed from the contents of an input, not only from shapes. The cost is steady if no
// operator loops, branches or selects, and no operator takes a size from a free value.
// Source: https://onnx.ai/onnx/operators/
// Not here: measuring (run-costs.ts).
import { fromBinary } from "@bufbuild/protobuf";
import { type GraphProto, ModelProtoSchema, type NodeProto } from "../../bytes/protobuf/generated/onnx_pb.ts";
import { onnxNumber } from "../../tensor/onnx-dtypes.ts";

/** Larger files are not looked at: decoding holds the event loop (64 KiB: 0.3 ms), and cheap models are small. */
export const STEADY_MODEL_BYTES = 64 * 1024;

/** Operators whose work depends on what they are given, besides all of other domains. */
const UNSTEADY = new Set([
  "Compress",
  "If",
  "Loop",
  "NonMaxSuppression",
  "NonZero",
  "Scan",
  "StringSplit",
  "Unique",
]);

/** Inputs that are sizes, axes, bounds or lengths, by position. */
const SIZE_INPUTS: Readonly<Record<string, readonly number[]>> = {
  AffineGrid: [1],
  BlackmanWindow: [0],
  CenterCropPad: [1],
  Col2Im: [1, 2],
  ConstantOfShape: [0],
  DFT: [1, 2],
  Expand: [1],
  GRU: [4],
  HammingWindow: [0],
  HannWindow: [0],
  LSTM: [4],
  MelWeightMatrix: [0, 1, 2, 3, 4],
  OneHot: [1],
  Pad: [1, 3],
  RNN: [4],
  Range: [0, 1, 2],
  Reshape: [1],
  Resize: [1, 2, 3],
  STFT: [1, 3],
  Slice: [1, 2, 3, 4],
  Split: [1],
  Squeeze: [1],
  Tile: [1],
  TopK: [1],
  Unsqueeze: [1],
  Upsample: [1],
};

/** Operators that read no contents, only the shape. */
const SHAPE_ONLY = new Set(["Shape", "Size"]);

/** Whether the ONNX model of these bytes is steady; bytes that cannot be decoded are not. */
export function hasSteadyCost(model: Uint8Array): boolean {
  try {
    const { graph } = fromBinary(ModelProtoSchema, model);
    return graph !== undefined && isSteady(graph);
  } catch {
    return false; // onnxruntime's own reading decides what is a model
  }
}

function isSteady(graph: GraphProto): boolean {
  if ([...graph.input, ...graph.output].some(isString)) return false;
  const free = new Set(graph.input.map((input) => input.name));
  for (const initializer of graph.initializer) free.delete(initializer.name); // defaults of older models
  for (const node of graph.node) {
    if (!isSteadyNode(node, free)) return false;
    if (SHAPE_ONLY.has(node.opType) || !node.input.some((input) => free.has(input))) continue;
    for (const output of node.output) free.add(output);
  }
  return true;
}

function isSteadyNode(node: NodeProto, free: ReadonlySet<string>): boolean {
  const { domain, opType } = node;
  if ((domain !== "" && domain !== "ai.onnx") || UNSTEADY.has(opType)) return false;
  if (opType.startsWith("Sequence") || opType === "SplitToSequence") return false;
  const sizes = opType.startsWith("Reduce") ? [1] : (SIZE_INPUTS[opType] ?? []);
  return sizes.every((position) => !free.has(node.input[position] ?? ""));
}

/** The time that strings take depends on their lengths; sequences are no better. */
function isString(input: GraphProto["input"][number]): boolean {
  const type = input.type?.value;
  return type?.case !== "tensorType" || type.value.elemType === onnxNumber("string");
}
