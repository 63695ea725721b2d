// Models as messages: what the reader makes of them, and what it says of broken ones.
import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  FunctionProtoSchema,
  type ModelProto,
  ModelProtoSchema,
} from "../../bytes/protobuf/generated/onnx_pb.ts";
import { type ByteSource, bytesSource } from "../../core/byte-source.ts";
import type { Graph } from "../../graph/graph.ts";
import { printGraph } from "../../graph/text.ts";
import { verifyGraph } from "../../graph/verify.ts";
import { numbersOf } from "../../tensor/numbers.ts";
import { readOnnx } from "./read-onnx.ts";
import { modelOfGraph, sourceOf } from "./testing/model-bytes.ts";

const FLOAT = 1;
const INT64 = 7;

const info = (name: string, dims: readonly (number | string)[] = [2]) => ({
  name,
  type: {
    value: {
      case: "tensorType" as const,
      value: {
        elemType: FLOAT,
        shape: {
          dim: dims.map((dim) => ({
            value:
              typeof dim === "number"
                ? { case: "dimValue" as const, value: BigInt(dim) }
                : { case: "dimParam" as const, value: dim },
          })),
        },
      },
    },
  },
});

const node = (opType: string, input: string[], output: string[], more: object = {}) => ({
  opType,
  input,
  output,
  ...more,
});

const floats = (name: string, values: number[]) => ({
  name,
  dims: [BigInt(values.length)],
  dataType: FLOAT,
  floatData: values,
});

const read = (model: ModelProto): Graph => readOnnx(sourceOf(model));

/** The graph's text without the lines that state operator sets. */
function textOf(model: ModelProto): string {
  return printGraph(read(model)).replace(/\n {2}opset [^\n]*/g, "");
}

describe("readOnnx", () => {
  it("makes names values, and names of free dimensions symbols", () => {
    const model = modelOfGraph({
      input: [info("x", ["batch", 3])],
      output: [info("y", ["batch", 3])],
      node: [node("Relu", ["x"], ["h"]), node("Neg", ["h"], ["y"])],
    });
    expect(textOf(model)).toBe(
      "graph main(x: float32[batch, 3]) -> (y) {\n  h = Relu(x)\n  y: float32[batch, 3] = Neg(h)\n}",
    );
  });

  it("understands dimensions that are expressions, and lets odd names be names", () => {
    const model = modelOfGraph({
      input: [info("x", ["2*s0 + 1", "s0//2", "batch-size", "a b", ""])],
      output: [],
    });
    const [x] = read(model).inputs;
    const shape = x?.type?.kind === "tensor" ? x.type.shape : undefined;
    expect(shape?.map(String)).toEqual(["2*s0 + 1", "floordiv(s0, 2)", "batch-size", "a b", "x_dim_4"]);
  });

  it("makes constants of initializers, of inputs with one, and of Constant nodes", () => {
    const model = modelOfGraph({
      input: [info("x"), info("w")],
      output: [info("y")],
      initializer: [floats("w", [1, 2])],
      node: [
        node("Constant", [], ["c"], { attribute: [{ name: "value_floats", type: 6, floats: [3, 4] }] }),
        node("Sum", ["x", "w", "c"], ["y"]),
      ],
    });
    const graph = read(model);
    expect(graph.inputs.map((value) => value.name)).toEqual(["x"]);
    const [, w, c] = graph.nodes[0]?.inputs ?? [];
    expect([w, c].map((value) => value?.initializer && numbersOf(value.initializer))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it.each([
    ["int32_data as int8", { dataType: 3, int32Data: [-1, 2] }, "int8", [-1, 2]],
    ["int32_data as float16", { dataType: 10, int32Data: [0x3c00, 0xc000] }, "float16", [1, -2]],
    ["int32_data as bfloat16", { dataType: 16, int32Data: [0x3f80, 0xc000] }, "bfloat16", [1, -2]],
    ["int64_data", { dataType: INT64, int64Data: [5n, -6n] }, "int64", [5, -6]],
    ["uint64_data as uint32", { dataType: 12, uint64Data: [5n, 4294967295n] }, "uint32", [5, 4294967295]],
    ["double_data", { dataType: 11, doubleData: [0.1, 2] }, "float64", [0.1, 2]],
    ["raw_data", { dataType: 5, rawData: Uint8Array.of(1, 0, 255, 255) }, "int16", [1, -1]],
  ])("reads tensors from %s", (_, fields, dtype, wanted) => {
    const graph = read(
      modelOfGraph({ initializer: [{ name: "w", dims: [2n], ...fields }], output: [info("w")] }),
    );
    const tensor = graph.outputs[0]?.initializer;
    expect(tensor?.dtype).toBe(dtype);
    expect(tensor && numbersOf(tensor)).toEqual(wanted);
  });

  it("makes sparse tensors dense", () => {
    const sparse = {
      values: { name: "w", dims: [2n], dataType: FLOAT, floatData: [1, 2] },
      indices: { dims: [2n, 2n], dataType: INT64, int64Data: [0n, 1n, 1n, 0n] },
      dims: [2n, 2n],
    };
    const graph = read(modelOfGraph({ sparseInitializer: [sparse], output: [info("w")] }));
    const tensor = graph.outputs[0]?.initializer;
    expect(tensor && numbersOf(tensor)).toEqual([0, 1, 2, 0]);
  });

  it.each(["rawData", "floatData"])("leaves large contents (%s) in the file until they are read", (field) => {
    const contents = new Float32Array(100_000).fill(0.5);
    const rawData = new Uint8Array(contents.buffer);
    const data = field === "rawData" ? { rawData } : { floatData: [...contents] };
    const large = { name: "w", dims: [100_000n], dataType: FLOAT, ...data };
    const source = sourceOf(modelOfGraph({ initializer: [large], output: [info("w")] }));
    let bytesRead = 0;
    const counted: ByteSource = {
      ...source,
      read(offset, length) {
        bytesRead += length;
        return source.read(offset, length);
      },
    };
    const tensor = readOnnx(counted).outputs[0]?.initializer;
    expect(bytesRead).toBeLessThan(100_000);
    expect(Buffer.compare(tensor?.read() ?? new Uint8Array(0), rawData)).toBe(0);
  });

  it("reads a graph within a graph, which sees the names around it", () => {
    const branch = (op: string) => ({ output: [info(op)], node: [node(op, ["h"], [op])] });
    const model = modelOfGraph({
      input: [info("c"), info("x")],
      output: [info("y")],
      node: [
        node("Relu", ["x"], ["h"]),
        node("If", ["c"], ["y"], {
          attribute: [
            { name: "then_branch", type: 5, g: branch("Neg") },
            { name: "else_branch", type: 5, g: branch("Abs") },
          ],
        }),
      ],
    });
    const graph = read(model);
    expect(verifyGraph(graph)).toEqual([]);
    expect(printGraph(graph)).toMatch(/Neg\(h\)[\s\S]*Abs\(h\)/);
  });

  it("puts the bodies of functions in the places of their calls", () => {
    const model = modelOfGraph({
      input: [info("x")],
      output: [info("y")],
      node: [
        node("Twice", ["x"], ["h"], { domain: "my", attribute: [{ name: "a", type: 1, f: 0.5 }] }),
        node("Twice", ["h"], ["y"], { domain: "my" }),
      ],
    });
    model.functions.push(
      create(FunctionProtoSchema, {
        name: "Twice",
        domain: "my",
        input: ["t"],
        output: ["u"],
        attributeProto: [{ name: "a", type: 1, f: 0.25 }],
        opsetImport: [{ domain: "", version: 9n }],
        node: [
          node("LeakyRelu", ["t"], ["m"], { attribute: [{ name: "alpha", type: 1, refAttrName: "a" }] }),
          node("Squeeze", ["m"], ["u"], { attribute: [{ name: "axes", type: 7, ints: [0n] }] }),
        ],
      }),
    );
    const text = textOf(model);
    expect(text.match(/LeakyRelu\(\w+\) \{alpha = 0.(5|25)\}/g)).toHaveLength(2);
    expect(text).toMatch(/alpha = 0.5[\s\S]*h = Squeeze[\s\S]*alpha = 0.25[\s\S]*y: float32\[2\] = Squeeze/);
  });

  it("orders nodes that are out of order", () => {
    const nodes = [node("Neg", ["h"], ["y"]), node("Relu", ["x"], ["h"])];
    const graph = read(modelOfGraph({ input: [info("x")], output: [info("y")], node: nodes }));
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Relu", "Neg"]);
  });

  it("gives an output its name where it is an input, or stands twice", () => {
    const model = modelOfGraph({
      input: [info("x")],
      output: [info("y"), info("y")],
      node: [node("Relu", ["x"], ["y"])],
    });
    expect(read(model).nodes.map(({ op }) => op)).toEqual(["Relu", "Identity"]);
  });

  it("knows where nodes come from", () => {
    const metadataProps = [
      { key: "pkg.torch.onnx.name_scopes", value: "['', 'layer1', 'layer1.0', 'relu_1']" },
      {
        key: "pkg.torch.onnx.class_hierarchy",
        value: "['net.Net', 'torch.nn.Sequential', 'aten.relu.default']",
      },
      {
        key: "pkg.torch.onnx.stack_trace",
        value: 'File "net.py", line 3, in forward\n  x\nFile "torch/f.py", line 1',
      },
    ];
    const nodes = [
      node("Relu", ["x"], ["h"], { metadataProps }),
      node("Conv", ["h"], ["y"], { name: "/layer1/layer1.0/conv1/Conv" }),
    ];
    const graph = read(modelOfGraph({ input: [info("x")], output: [info("y")], node: nodes }));
    expect(graph.nodes.map(({ origin }) => origin)).toEqual([
      { scope: "layer1.0", operator: "aten.relu.default", line: 'File "net.py", line 3, in forward' },
      { scope: "layer1.0.conv1", operator: "Conv", line: "" },
    ]);
  });

  it("keeps metadata and operator sets of other domains", () => {
    const model = modelOfGraph({});
    model.producerName = "pytorch";
    model.opsetImport.push({
      ...modelOfGraph({}).opsetImport[0],
      domain: "com.microsoft",
      version: 1n,
    } as never);
    const graph = read(model);
    expect([...graph.opsets]).toEqual([
      ["", 21],
      ["com.microsoft", 1],
    ]);
    expect(graph.metadata.get("producer")).toBe("pytorch");
  });
});

describe("external data", () => {
  const external = (entries: Record<string, string>) =>
    sourceOf(
      modelOfGraph({
        initializer: [
          {
            name: "w",
            dims: [2n],
            dataType: FLOAT,
            dataLocation: 1,
            externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
          },
        ],
        output: [info("w")],
      }),
    );
  const weights = new Uint8Array(Float32Array.of(9, 1, 2).buffer);
  const openSibling = (name: string) => bytesSource(name, weights);

  it("is read from the file beside the model", () => {
    const graph = readOnnx(external({ location: "w.bin", offset: "4", length: "8" }), { openSibling });
    const tensor = graph.outputs[0]?.initializer;
    expect(tensor && numbersOf(tensor)).toEqual([1, 2]);
  });

  it.each([
    [{ location: "w.bin", offset: "8" }, /reach past its end at 12/],
    [{ location: "w.bin", offset: "-4" }, /8 bytes at -4 are stated/],
    [{ location: "w.bin", length: "4" }, /needs 8/],
  ])("%j is refused", (entries, message) => {
    expect(() => readOnnx(external(entries), { openSibling })).toThrow(message);
  });

  it("needs someone who opens files", () => {
    expect(() => readOnnx(external({ location: "w.bin" }))).toThrow(
      /tensor 'w' keeps its contents in 'w.bin'/,
    );
  });
});

describe("a broken model", () => {
  const x = info("x");
  it.each([
    ["no graph", create(ModelProtoSchema, { irVersion: 8n }), /it has no graph/],
    [
      "an unknown name",
      modelOfGraph({ input: [x], node: [node("Relu", ["q"], ["y"])] }),
      /Relu 'y' takes 'q'/,
    ],
    ["an unknown output", modelOfGraph({ input: [x], output: [info("q")] }), /the output 'q' is no value/],
    [
      "a cycle",
      modelOfGraph({ node: [node("Relu", ["a"], ["b"]), node("Neg", ["b"], ["a"])] }),
      /2 nodes wait for each other/,
    ],
    [
      "a name twice",
      modelOfGraph({ input: [x], node: [node("Relu", ["x"], ["y"]), node("Neg", ["x"], ["y"])] }),
      /'y' is the result of two nodes/,
    ],
    [
      "a tensor that is too short",
      modelOfGraph({ initializer: [{ ...floats("w", [1]), dims: [2n] }] }),
      /'w' has 4 bytes/,
    ],
    ["a negative size", modelOfGraph({ initializer: [{ ...floats("w", []), dims: [-1n] }] }), /shape \[-1\]/],
    ["a float of 4 bits", modelOfGraph({ initializer: [{ name: "w", dataType: 23 }] }), /element type 23/],
    ["an empty Constant", modelOfGraph({ node: [node("Constant", [], ["c"])] }), /Constant 'c' has no value/],
  ])("%s", (_, model, message) => {
    expect(() => read(model)).toThrow(message);
  });

  it("tells all that is wrong at once", () => {
    const model = modelOfGraph({ node: [node("Relu", ["a"], ["b"]), node("Relu", ["c"], ["d"])] });
    expect(() => read(model)).toThrow(/takes 'a'[\s\S]*takes 'c'/);
  });

  it("of an operator set that is not known", () => {
    const model = modelOfGraph({});
    for (const opset of model.opsetImport) opset.version = 99n;
    expect(() => read(model)).toThrow(/uses operator set 99; one from 6 to 28/);
  });

  it("whose function calls itself", () => {
    const model = modelOfGraph({
      input: [x],
      output: [info("y")],
      node: [node("F", ["x"], ["y"], { domain: "my" })],
    });
    const body = node("F", ["t"], ["u"], { domain: "my" });
    model.functions.push(
      create(FunctionProtoSchema, { name: "F", domain: "my", input: ["t"], output: ["u"], node: [body] }),
    );
    expect(() => read(model)).toThrow(/functions nest deeper than 32/);
  });

  it("that is cut short says where", () => {
    const bytes = toBinary(ModelProtoSchema, modelOfGraph({ input: [x], output: [x] }));
    expect(() => readOnnx(bytesSource("m.onnx", bytes.subarray(0, bytes.length - 3)))).toThrow(/byte \d+/);
  });
});
