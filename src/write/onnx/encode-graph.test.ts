import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ModelProtoSchema } from "../../bytes/protobuf/generated/onnx_pb.ts";
import { subgraph } from "../../graph/attribute.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { addDims, symbol } from "../../graph/dim.ts";
import { Graph, Value } from "../../graph/graph.ts";
import { tensorType } from "../../graph/type.ts";
import { tensorFromBytes, tensorFromStrings } from "../../tensor/tensor.ts";
import { encodeOnnx } from "./encode-graph.ts";

const floats = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer);
const inline = () => undefined;

function affine(): Graph {
  const graph = new Graph();
  const batch = symbol("batch");
  graph.inputs.push(new Value("x", tensorType("float32", [batch, 2])));
  const build = new GraphBuilder(graph);
  build.origin = { scope: "head", operator: "aten.linear.default", line: "" };
  const weight = build.constant(tensorFromBytes("float32", [2], floats(2, 3)), "head.weight");
  const bias = build.constant(tensorFromBytes("float32", [2], floats(1, 1)));
  const y = build.emit("Add", [build.emit("Mul", [graph.inputs[0], weight]), bias]);
  y.name = "y";
  y.type = tensorType("float32", [addDims(batch, 1), 2]);
  graph.outputs.push(y);
  return graph;
}

const decode = (bytes: Uint8Array) => fromBinary(ModelProtoSchema, bytes);

test("names, types and constants stand in the model", () => {
  const model = decode(encodeOnnx(affine(), inline));
  expect(model.producerName).toBe("torchferry");
  expect(model.graph?.node.map((node) => [node.name, node.opType, ...node.input, ...node.output])).toEqual([
    ["head/Mul", "Mul", "x", "head.weight", "head/Mul"],
    ["head/Add", "Add", "head/Mul", "head/Add/constant", "y"],
  ]);
  expect(model.graph?.initializer.map((tensor) => [tensor.name, [...tensor.rawData]])).toEqual([
    ["head.weight", [...floats(2, 3)]],
    ["head/Add/constant", [...floats(1, 1)]],
  ]);
  const output = model.graph?.output[0]?.type?.value;
  expect(output?.case === "tensorType" && output.value.shape?.dim.map((dim) => dim.value.value)).toEqual([
    "batch + 1",
    2n,
  ]);
});

test("placed tensors become external data, the others stay inside", () => {
  const model = decode(
    encodeOnnx(affine(), (tensor) =>
      tensor.read()[3] === 0x40 ? { location: "variables/data", offset: 4096, length: 8 } : undefined,
    ),
  );
  const [weight, bias] = model.graph?.initializer ?? [];
  expect(weight?.dataLocation).toBe(1);
  expect(weight?.rawData).toHaveLength(0);
  expect(weight?.externalData.map(({ key, value }) => [key, value])).toEqual([
    ["location", "variables/data"],
    ["offset", "4096"],
    ["length", "8"],
  ]);
  expect(bias?.dataLocation).toBe(0);
});

test("the same graph gives the same bytes, also when it is written again", () => {
  const graph = affine();
  expect(encodeOnnx(graph, inline)).toEqual(encodeOnnx(affine(), inline));
  expect(encodeOnnx(graph, inline)).toEqual(encodeOnnx(graph, inline));
});

test("strings are string_data", () => {
  const graph = new Graph();
  const build = new GraphBuilder(graph);
  const labels = build.constant(tensorFromStrings([1], [new TextEncoder().encode("cat")]), "labels");
  graph.outputs.push(build.emit("Identity", [labels]));
  const [tensor] = decode(encodeOnnx(graph, inline)).graph?.initializer ?? [];
  expect(tensor?.stringData.map((bytes) => new TextDecoder().decode(bytes))).toEqual(["cat"]);
});

test("a branch that returns a value from outside gets an Identity, and its constants move out", () => {
  const graph = new Graph();
  const condition = new Value("condition", tensorType("bool", []));
  const x = new Value("x", tensorType("float32", [1]));
  graph.inputs.push(condition, x);
  const build = new GraphBuilder(graph);
  const outside = new Graph("outside");
  outside.outputs.push(x);
  const added = new Graph("added");
  const one = build.constant(tensorFromBytes("float32", [1], floats(1)), "one");
  added.outputs.push(new GraphBuilder(added).emit("Add", [x, one]));
  const y = build.emit("If", [condition], { then_branch: subgraph(outside), else_branch: subgraph(added) });
  graph.outputs.push(y);
  const model = decode(encodeOnnx(graph, inline));
  const [thenBranch, elseBranch] = model.graph?.node[0]?.attribute.map((attribute) => attribute.g) ?? [];
  expect(thenBranch?.node.map((node) => [node.opType, ...node.input, ...node.output])).toEqual([
    ["Identity", "x", "If/then_branch/0"],
  ]);
  expect(thenBranch?.output[0]?.name).toBe("If/then_branch/0");
  expect(elseBranch?.node.map((node) => [node.opType, ...node.input])).toEqual([["Add", "x", "one"]]);
  expect(model.graph?.initializer.map((tensor) => tensor.name)).toEqual(["one"]);
});

test("other domains are imported at the version the graph states", () => {
  const graph = affine();
  graph.opsets.set("com.microsoft", 1);
  const build = new GraphBuilder(graph);
  build.emit("FusedGelu", [graph.inputs[0]], {}, { domain: "com.microsoft" });
  const model = decode(encodeOnnx(graph, inline));
  expect(model.opsetImport.map(({ domain }) => domain)).toEqual(["", "com.microsoft"]);
  expect(model.opsetImport[1]?.version).toBe(1n);
});
