// A config as the parts of a conversion take it: what readers, inference and the lowering to TensorFlow ask for.
// Invariant: a config is checked whole before anything of it is used; all that is wrong is told at once.
import { type Problem, problem, raise } from "../core/errors.ts";
import type { Node } from "../graph/graph.ts";
import type { OperatorDefinition } from "../graph/operators/definition.ts";
import { parseSchemaText } from "../read/aten/schema.ts";
import type { Extensions, OnnxExtension } from "../read/extensions.ts";
import type { LoweringRule } from "../tensorflow/lower/rule.ts";
import type { Config, OnnxOperator, TorchOperator } from "./config.ts";
import { definitionOfCustom, extensionOf } from "./onnx-operators.ts";
import { describe } from "./sizes.ts";
import { tensorflowRule } from "./tensorflow-rules.ts";
import { TorchRules } from "./torch-rules.ts";

export interface CustomOperators {
  readonly extensions: Extensions;
  /** The user's rule for a node; undefined for all others. */
  ruleOf(node: Node): LoweringRule | undefined;
}

/** Makes a config ready. `name` is what messages call it. Throws CONFIG_MALFORMED with all that is wrong. */
export function customOperators(config: Config, name = "the config"): CustomOperators {
  raise(malformed(config, name));
  const { torch = {}, onnx = {} } = config;
  const definitions = new Map<string, OperatorDefinition>();
  const extensions = new Map<string, OnnxExtension>();
  const rules = new Map<string, LoweringRule>();
  for (const [key, operator] of Object.entries(onnx))
    definitions.set(key, definitionOfCustom(key, operator, name));
  for (const [key, definition] of definitions) {
    const operator = onnx[key] ?? {};
    extensions.set(key, extensionOf(key, operator, definition, definitions, name));
    const rule = tensorflowRule(key, operator, name);
    if (rule) rules.set(key, rule);
  }
  return {
    extensions: { torch: new TorchRules(torch, name, definitions), onnx: extensions },
    ruleOf: (node) => rules.get(node.operator),
  };
}

const TORCH_KEY = /^[A-Za-z_]\w*::\w+(\.\w+)?$/;
const ONNX_KEY = /^[\w.-]+::\w+$/;

function malformed(config: unknown, file: string): Problem[] {
  const wrong = (where: string, found: string, wanted: string) =>
    problem("CONFIG_MALFORMED", { file, where, found, wanted });
  if (!isRecord(config))
    return [
      wrong("what it exports", describe(config), "an object with torch or onnx, as defineConfig takes it,"),
    ];
  const unknown = Object.keys(config).filter((key) => key !== "torch" && key !== "onnx");
  const problems = unknown.map((key) => wrong(`'${key}'`, "of no meaning", "torch or onnx"));
  const entries = (part: "torch" | "onnx"): [string, unknown][] => {
    const table = config[part] ?? {};
    if (isRecord(table)) return Object.entries(table);
    problems.push(wrong(part, describe(table), "an object of operators by name"));
    return [];
  };
  for (const [key, operator] of entries("torch")) {
    if (!TORCH_KEY.test(key))
      problems.push(wrong(`torch['${key}']`, "no operator's name", "namespace::operator"));
    problems.push(
      ...torchOperator(operator, (part, found, wanted) => wrong(`torch['${key}']${part}`, found, wanted)),
    );
  }
  for (const [key, operator] of entries("onnx")) {
    if (!ONNX_KEY.test(key)) problems.push(wrong(`onnx['${key}']`, "no operator's name", "domain::Operator"));
    problems.push(
      ...onnxOperator(operator, (part, found, wanted) => wrong(`onnx['${key}']${part}`, found, wanted)),
    );
  }
  return problems;
}

type Wrong = (part: string, found: string, wanted: string) => Problem;

function torchOperator(operator: unknown, wrong: Wrong): Problem[] {
  if (!isRecord(operator)) return [wrong("", describe(operator), "an object with toOnnx")];
  const { toOnnx, infer, schema } = operator as Record<keyof TorchOperator, unknown>; // checked here
  const problems: Problem[] = [];
  if (typeof toOnnx !== "function") problems.push(wrong(".toOnnx", describe(toOnnx), "a function"));
  if (infer !== undefined && typeof infer !== "function")
    problems.push(wrong(".infer", describe(infer), "a function"));
  const isSchema = typeof schema === "string" && parseSchemaText("", schema) !== undefined;
  if (schema !== undefined && !isSchema)
    problems.push(wrong(".schema", describe(schema), "text such as '(Tensor x, float beta=1.0) -> Tensor'"));
  return problems;
}

function onnxOperator(operator: unknown, wrong: Wrong): Problem[] {
  if (!isRecord(operator)) return [wrong("", describe(operator), "an object")];
  const { toOnnx, infer, tensorflow, version } = operator as Record<keyof OnnxOperator, unknown>; // checked here
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries({ toOnnx, infer })) {
    if (value !== undefined && typeof value !== "function")
      problems.push(wrong(`.${name}`, describe(value), "a function"));
  }
  if (version !== undefined && !(Number.isSafeInteger(version) && Number(version) > 0))
    problems.push(wrong(".version", describe(version), "a number from 1 on"));
  const isNamed = isRecord(tensorflow) && typeof tensorflow["op"] === "string";
  if (tensorflow !== undefined && typeof tensorflow !== "function" && !isNamed)
    problems.push(wrong(".tensorflow", describe(tensorflow), "a function, or an object with op"));
  return problems;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
