// An ONNX file as onnxruntime runs it, unmodified. For intermediate values, they are made outputs of a copy: messages
// of protobuf that stand one after the other are one, so that a few bytes at the end add outputs to the graph.
// Source: https://protobuf.dev/programming-guides/encoding/#last-one-wins (embedded messages are merged)
import * as fs from "node:fs";
import * as path from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  ValueInfoProtoSchema,
} from "../bytes/protobuf/generated/onnx_pb.ts";
import type { TensorValue } from "../engine/engine.ts";
import type { OnnxRuntimeEngine } from "../engine/onnxruntime/engine.ts";
import { openFile, siblingOpener } from "../files/open-file.ts";
import type { Value } from "../graph/graph.ts";
import type { TensorSpec } from "../model/signature.ts";
import { readOnnx } from "../read/onnx/read-onnx.ts";
import { runOnnxFile, valueSpec } from "./run-graph.ts";
import type { Source } from "./source.ts";

interface Described {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Specifications of all values that nodes compute, by name. */
  readonly inner: ReadonlyMap<string, TensorSpec>;
  /** Files beside the model that hold its weights. */
  readonly siblings: readonly string[];
}

/** `folder` takes the copies. Throws what reading the file throws. */
export function onnxSource(engine: OnnxRuntimeEngine, file: string, folder: string): Source {
  const described = describe(file);
  const feedsOf = (inputs: readonly TensorValue[]) =>
    new Map(described.inputs.flatMap(({ key }, index) => (inputs[index] ? [[key, inputs[index]]] : [])));
  return {
    title: "the file in onnxruntime",
    examples: [],
    async run(inputs) {
      const { inputs: specs, outputs } = described;
      const found = await runOnnxFile(engine, file, specs, outputs, feedsOf(inputs));
      return outputs.flatMap(({ key }) => found.get(key) ?? []);
    },
    inner: {
      names: async () => new Set(described.inner.keys()),
      async values(inputs, names) {
        const wanted = names.flatMap((name) => described.inner.get(name) ?? []);
        if (wanted.length === 0) return new Map();
        return withCopy(file, described, wanted, folder, (copy) =>
          runOnnxFile(engine, copy, described.inputs, wanted, feedsOf(inputs)),
        );
      },
      placeOf: async () => undefined, // the graph's nodes know where they come from
    },
    close: async () => undefined,
  };
}

function describe(file: string): Described {
  const source = openFile(file);
  const siblings = siblingOpener(file);
  const opened = new Set<string>();
  const openSibling = (location: string) => {
    opened.add(location);
    return siblings.open(location);
  };
  try {
    const graph = readOnnx(source, { openSibling });
    const inner = new Map<string, TensorSpec>();
    const add = (value: Value | undefined) => {
      if (value?.source !== undefined) inner.set(value.source, { ...valueSpec(value), key: value.source });
    };
    for (const node of graph.nodes) for (const output of node.outputs) add(output);
    const specs = (values: readonly Value[]) => values.map(valueSpec);
    return { inputs: specs(graph.inputs), outputs: specs(graph.outputs), inner, siblings: [...opened] };
  } finally {
    siblings.close();
    source.close();
  }
}

async function withCopy<T>(
  file: string,
  described: Described,
  wanted: readonly TensorSpec[],
  folder: string,
  use: (copy: string) => Promise<T>,
): Promise<T> {
  const own = fs.mkdtempSync(path.join(folder, "source-"));
  try {
    const copy = path.join(own, "model.onnx");
    fs.copyFileSync(file, copy);
    const present = new Set(described.outputs.map(({ key }) => key));
    fs.appendFileSync(copy, moreOutputs(wanted.filter(({ key }) => !present.has(key))));
    for (const location of described.siblings) {
      const target = path.join(own, location);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      linkOrCopy(path.join(path.dirname(file), location), target);
    }
    return await use(copy);
  } finally {
    fs.rmSync(own, { recursive: true, force: true });
  }
}

function moreOutputs(wanted: readonly TensorSpec[]): Uint8Array {
  const output = wanted.map(({ key }) => create(ValueInfoProtoSchema, { name: key }));
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { graph: create(GraphProtoSchema, { output }) }),
  );
}

/** A second name for the same bytes, or a copy where the file system has no such thing between the two places. */
function linkOrCopy(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch {
    fs.copyFileSync(from, to);
  }
}
