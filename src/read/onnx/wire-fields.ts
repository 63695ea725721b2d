// Where large tensors can lie in a model's messages, by field number: what skeleton.ts descends into.
// Specification: https://onnx.ai/onnx/repo-docs/IR.html; the numbers are those of proto/onnx.proto.

export type MessageKind = "model" | "graph" | "node" | "attribute" | "function" | "tensor" | "sparse";

/** Fields that hold messages of these kinds. */
export const NESTED: Readonly<Record<MessageKind, ReadonlyMap<number, MessageKind>>> = {
  model: new Map([
    [7, "graph"],
    [25, "function"],
  ]),
  graph: new Map([
    [1, "node"],
    [5, "tensor"],
    [15, "sparse"],
  ]),
  node: new Map([[5, "attribute"]]),
  attribute: new Map([
    [5, "tensor"],
    [6, "graph"],
    [10, "tensor"],
    [11, "graph"],
    [22, "sparse"],
    [23, "sparse"],
  ]),
  function: new Map([
    [7, "node"],
    [11, "attribute"],
  ]),
  tensor: new Map(),
  sparse: new Map([
    [1, "tensor"],
    [2, "tensor"],
  ]),
};

/**
 * Fields of TensorProto that hold contents as they are in memory, little-endian: raw_data, and the packed forms of
 * float_data and double_data.
 */
export const RAW_FIELDS: ReadonlySet<number> = new Set([9, 4, 10]);
/** TensorProto.segment: never used by writers of whole tensors, and here where contents were cut out. */
export const SEGMENT_FIELD = 3;
