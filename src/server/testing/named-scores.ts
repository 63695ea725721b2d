// The model of TensorFlow Serving's classifier_test and regressor_test: an example's features are its classes, their
// values the scores; its feature `output` is its regression.
import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { ExampleSchema, FeatureSchema } from "../../bytes/protobuf/generated/tensorflow_example_pb.ts";
import type { InputSchema } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import type { TensorValue } from "../../engine/engine.ts";
import type { Signature } from "../../model/signature.ts";
import { floatTensor, stringTensor } from "./example-model.ts";
import { type FakeOptions, spec } from "./half-plus-two.ts";

const CLASSES = spec("classes", "string", [-1, -1]);
const SCORES = spec("scores", "float32", [-1, -1]);
const OUTPUTS = spec("outputs", "float32", [-1]);

function signature(name: string, method: string, outputs: Signature["outputs"]): Signature {
  const methodName = `tensorflow/serving/${method}`;
  return { name, inputs: [spec("inputs", "string", [-1])], outputs, methodName };
}

const SIGNATURES = [
  signature("serving_default", "classify", [CLASSES, SCORES]),
  signature("classes_only", "classify", [CLASSES]),
  signature("scores_only", "classify", [SCORES]),
  signature("neither", "classify", [spec("other", "float32", [-1, -1])]),
  signature("regress", "regress", [OUTPUTS]),
  signature("regress_again", "regress", [OUTPUTS]),
  signature("predict", "predict", [OUTPUTS]),
];

/** Features in the order of their names, as a map of protobuf is printed. */
function featuresOf(bytes: Uint8Array): readonly (readonly [string, number])[] {
  const { features } = fromBinary(ExampleSchema, bytes);
  return Object.entries(features?.feature ?? {})
    .map(([name, { kind }]) => [name, kind.case === "floatList" ? (kind.value.value[0] ?? 0) : 0] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The engine's answers; `instead` takes the place of single outputs. */
export function namedScores(instead: Readonly<Record<string, TensorValue>> = {}): FakeOptions {
  return {
    signatures: SIGNATURES,
    answer(name, inputs) {
      const rows = (inputs.get("inputs")?.strings ?? []).map(featuresOf);
      const shape = [rows.length, rows[0]?.length ?? 0];
      const flat = rows.flat();
      const all: Record<string, TensorValue> = {
        classes: stringTensor(
          shape,
          flat.map(([label]) => label),
        ),
        scores: floatTensor(
          shape,
          flat.map(([, value]) => value),
        ),
        outputs: floatTensor(
          [rows.length],
          rows.map((row) => new Map(row).get("output") ?? -1),
        ),
        ...instead,
      };
      const keys = SIGNATURES.find((one) => one.name === name)?.outputs.map((output) => output.key) ?? [];
      return new Map(keys.flatMap((key) => (all[key] ? [[key, all[key]] as const] : [])));
    },
  };
}

export type Example = MessageInitShape<typeof ExampleSchema>;
export type Input = MessageInitShape<typeof InputSchema>;

/** An example of float features. */
export function example(features: Readonly<Record<string, number>>): Example {
  const floats = (value: number) => ({ kind: { case: "floatList" as const, value: { value: [value] } } });
  const entries = Object.entries(features).map(
    ([name, value]) => [name, create(FeatureSchema, floats(value))] as const,
  );
  return { features: { feature: Object.fromEntries(entries) } };
}

/** An Input of a list of examples. */
export function exampleList(...examples: Example[]): Input {
  return { kind: { case: "exampleList" as const, value: { examples } } };
}

/** An Input of examples that share a context; undefined is an example without features. */
export function withContext(context: Example, ...examples: (Example | undefined)[]): Input {
  const value = { context, examples: examples.map((one) => one ?? {}) };
  return { kind: { case: "exampleListWithContext" as const, value } };
}
