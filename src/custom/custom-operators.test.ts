// Rules of a user's own, from the config to the graphs: text in, text out.
import { describe, expect, it } from "vitest";
import { FerryError } from "../core/errors.ts";
import { printGraph } from "../graph/text.ts";
import { optimize } from "../passes/optimize.ts";
import { lowerAten } from "../read/aten/lower.ts";
import { parseProgram } from "../read/aten/text/parse-program.ts";
import { readOnnx } from "../read/onnx/read-onnx.ts";
import { modelOfText } from "../read/onnx/testing/model-bytes.ts";
import type { TfGraph } from "../tensorflow/graph.ts";
import { lowerToTensorFlow } from "../tensorflow/lower/lower-to-tensorflow.ts";
import { importedOpsets } from "../write/onnx/opset.ts";
import { type Config, defineConfig } from "./config.ts";
import { customOperators } from "./custom-operators.ts";

const PROGRAM = `
  input x: float32[batch, 4]
  y: float32[batch, 4] = demo::swish.default(x=%x, beta=2.0)
  return output_0=%y
`;

const swish = defineConfig({
  torch: {
    "demo::swish": {
      toOnnx(call, onnx) {
        const x = call.tensor("x");
        const scaled = onnx.node("Mul", [x, onnx.constant("float32", [], [call.float("beta")])]);
        return onnx.node("Mul", [x, onnx.node("Sigmoid", [scaled])]);
      },
    },
  },
});

/** A config whose one rule for `demo::swish` is this. */
function ruleOf(toOnnx: unknown): Config {
  return { torch: { "demo::swish": { toOnnx } } } as unknown as Config; // also what no type allows
}

function lowered(config: Config, program = PROGRAM) {
  return lowerAten(parseProgram(program), customOperators(config, "ferry.ts").extensions.torch);
}

function bodyOf(text: string): string[] {
  return text
    .split("\n")
    .slice(2, -1)
    .map((line) => line.trim()); // without header and opset
}

function messagesOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof FerryError) return error.problems.map(({ message }) => message);
    throw error;
  }
  return [];
}

function tensorflowOf(text: string, config: Config): TfGraph {
  const custom = customOperators(config, "ferry.ts");
  const graph = readOnnx(modelOfText(text), { extensions: custom.extensions });
  return lowerToTensorFlow(optimize(graph), { file: "m.onnx", ruleOf: custom.ruleOf });
}

describe("an operator of PyTorch", () => {
  it("becomes the nodes that its rule makes", () => {
    expect(bodyOf(printGraph(lowered(swish)))).toEqual([
      "Mul/constant: float32[] = [2.0]",
      "Mul = Mul(x, Mul/constant)",
      "Sigmoid = Sigmoid(Mul)",
      "output_0: float32[batch, 4] = Mul(x, Sigmoid)",
    ]);
  });

  it("gets the defaults of its schema, and the rule of its overload before that of its name", () => {
    const schema = "(Tensor x, float beta=3.5) -> Tensor";
    const operator = { schema, ...swish.torch?.["demo::swish"] };
    const never = { toOnnx: () => [] };
    const config = { torch: { "demo::swish.default": operator, "demo::swish": never } } as unknown as Config; // it is there
    const text = printGraph(lowered(config, PROGRAM.replace(", beta=2.0", "")));
    expect(text).toContain("[3.5]");
  });

  it("is refused by name without a rule, all such at once", () => {
    const two = PROGRAM.replace(
      "return output_0=%y",
      `
      z: float32[batch, 4] = other::thing.Tensor(x=%y)
      return output_0=%z`,
    );
    expect(messagesOf(() => lowerAten(parseProgram(two)))).toEqual([
      expect.stringContaining("demo::swish at the top of the model is a custom operator; a rule that says"),
      expect.stringContaining("register 'other::thing.Tensor' in torchferry.config.ts or with --custom FILE"),
    ]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no beta");
      },
      "toOnnx of 'demo::swish' in ferry.ts threw Error: no beta",
    ],
    [
      "asks for what is not there",
      (call: { int(name: string): number }) => call.int("gamma"),
      "its argument gamma is None",
    ],
    ["gives nothing", () => undefined, "gave undefined; values that onnx.node() or the call gave is wanted"],
    ["gives a promise", async () => 1, "gave a promise"],
    [
      "gives too much",
      (call: { tensor(name: string): unknown }) => [call.tensor("x"), call.tensor("x")],
      "gave 2 values; 1,",
    ],
  ])("is told when its rule %s", (_, rule, message) => {
    expect(messagesOf(() => lowered(ruleOf(rule)))).toEqual([expect.stringContaining(message)]);
  });

  it("is told when its rule computes another type than the model states", () => {
    const wrongType = defineConfig({
      torch: { "demo::swish": { toOnnx: (call, onnx) => onnx.node("Cast", [call.tensor("x")], { to: 7 }) } },
    });
    const wrongShape = defineConfig({
      torch: {
        "demo::swish": {
          toOnnx: (call, onnx) =>
            onnx.node("Unsqueeze", [call.tensor("x"), onnx.constant("int64", [1], [0])]),
        },
      },
    });
    expect(messagesOf(() => lowered(wrongType))).toEqual([
      expect.stringContaining("gave int64[batch, 4]; float32[batch, 4], which the model states, is wanted"),
    ]);
    expect(messagesOf(() => lowered(wrongShape))).toEqual([
      expect.stringContaining("gave float32[1, batch, 4]"),
    ]);
  });
});

const SNAKE = `graph m(x: float32[n, 3]) -> (y) {
  opset ai.onnx 20
  opset com.example 4
  h = com.example::Snake(x) {alpha = 0.5, steps = 2}
  y = Relu(h)
}`;

describe("an operator of a custom ONNX domain", () => {
  const infer: NonNullable<NonNullable<Config["onnx"]>[string]["infer"]> = (node) => {
    const type = node.type(0);
    return { dtype: "float32", shape: type ? [...type.shape.slice(0, 1), `2*${type.shape[0]} + 1`] : [-1] };
  };

  it("is carried through with the types that its rule infers, and its domain's version", () => {
    const { extensions } = customOperators({ onnx: { "com.example::Snake": { infer } } });
    const graph = optimize(readOnnx(modelOfText(SNAKE), { extensions })).graph;
    expect(bodyOf(printGraph(graph))).toEqual([
      "opset com.example 4",
      "h: float32[n, 2*n + 1] = com.example::Snake(x) {alpha = 0.5, steps = 2}",
      "y: float32[n, 2*n + 1] = Relu(h)",
    ]);
  });

  it("comes of an operator of PyTorch, its domain imported in the version of its entry", () => {
    const graph = lowered({
      torch: {
        "demo::swish": {
          toOnnx: (call, onnx) =>
            onnx.node("Swish", [call.tensor("x")], { beta: { float: 2 } }, "com.example"),
        },
      },
      onnx: {
        "com.example::Swish": { version: 7, infer: () => ({ dtype: "float32", shape: ["batch", 4] }) },
      },
    });
    expect(bodyOf(printGraph(graph))).toEqual([
      "output_0: float32[batch, 4] = com.example::Swish(x) {beta = 2.0}",
    ]);
    expect(importedOpsets(graph).get("com.example")).toBe(7);
  });

  it("is replaced by other operators", () => {
    const { extensions } = customOperators({
      onnx: {
        "com.example::Snake": {
          toOnnx: (node, onnx) => onnx.node("Elu", [node.input(0)], { alpha: node.float("alpha") }),
        },
      },
    });
    expect(printGraph(readOnnx(modelOfText(SNAKE), { extensions }))).toContain("h = Elu(x) {alpha = 0.5}");
  });

  it("becomes a TensorFlow node of the given name, with its attributes and output types", () => {
    const tensorflow = tensorflowOf(SNAKE, {
      onnx: { "com.example::Snake": { infer, tensorflow: { op: "DemoSnake" } } },
    });
    const node = tensorflow.nodes.find(({ op }) => op === "DemoSnake");
    expect(node?.attributes).toEqual(
      new Map<string, unknown>([
        ["alpha", { kind: "float", value: 0.5 }],
        ["steps", { kind: "int", value: 2 }],
        ["_output_shapes", { kind: "shapes", value: [[-1, -1]] }],
      ]),
    );
    expect(node?.foreign).toEqual([{ name: "output", dtype: "float32", shape: [-1, -1] }]);
  });

  it("becomes the TensorFlow nodes that its rule makes", () => {
    const tensorflow = tensorflowOf(SNAKE, {
      onnx: { "com.example::Snake": { infer, tensorflow: (node, tf) => tf.node("Sin", [node.input(0)]) } },
    });
    expect(tensorflow.nodes.map(({ op }) => op)).toEqual(["Placeholder", "Sin", "Relu", "Identity"]);
  });

  it("is refused by name where nothing says what it is in TensorFlow", () => {
    expect(messagesOf(() => tensorflowOf(SNAKE, {}))).toEqual([
      expect.stringMatching(
        /com\.example::Snake at .* what it is in TensorFlow .* register 'com\.example::Snake'/,
      ),
    ]);
  });

  it("is refused by name where nothing says what type its output has", () => {
    const config: Config = { onnx: { "com.example::Snake": { tensorflow: { op: "DemoSnake" } } } };
    expect(messagesOf(() => tensorflowOf(SNAKE, config))).toEqual([
      expect.stringMatching(/com\.example::Snake at .* the type of each output, .* \(infer\), is wanted/),
    ]);
  });

  it("is told when a rule is wrong", () => {
    const withRule = (operator: object) =>
      messagesOf(() => tensorflowOf(SNAKE, { onnx: { "com.example::Snake": operator } }));
    expect(withRule({ infer: () => ({ dtype: "float31", shape: [] }) })).toEqual([
      expect.stringContaining("infer of 'com.example::Snake' in ferry.ts gave the dtype 'float31'"),
    ]);
    expect(withRule({ infer: () => ({ dtype: "float32", shape: [0.5] }) })).toEqual([
      expect.stringContaining("gave the size 0.5; { dtype, shape } for each result"),
    ]);
    expect(withRule({ infer, tensorflow: () => 3 })).toEqual([
      expect.stringContaining("gave 3; values that tensorflow"),
    ]);
  });
});

describe("a config", () => {
  it("is told everything that is wrong with it, before it is used", () => {
    const config = {
      torch: { swish: { toOnnx: () => 0 }, "a::b": { schema: "Tensor x" }, "a::c": 1 },
      onnx: { Snake: {}, "d::E": { tensorflow: "E", version: 0 } },
      operators: {},
    } as unknown as Config;
    expect(messagesOf(() => customOperators(config, "c.mjs"))).toEqual([
      expect.stringContaining("c.mjs: 'operators' is of no meaning; torch or onnx is wanted"),
      expect.stringContaining("torch['swish'] is no operator's name; namespace::operator is wanted"),
      expect.stringContaining("torch['a::b'].toOnnx is undefined; a function is wanted"),
      expect.stringContaining("torch['a::b'].schema is 'Tensor x'; text such as"),
      expect.stringContaining("torch['a::c'] is 1; an object with toOnnx is wanted"),
      expect.stringContaining("onnx['Snake'] is no operator's name"),
      expect.stringContaining("onnx['d::E'].version is 0"),
      expect.stringContaining("onnx['d::E'].tensorflow is 'E'; a function, or an object with op is wanted"),
    ]);
  });
});
