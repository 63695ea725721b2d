// ClassificationRequest, RegressionRequest and MultiInferenceRequest on the wire, and their responses.
// Source: proto/tensorflow_serving.proto; InputToSerializedExampleTensor of TensorFlow Serving's util.cc.
// Invariant: examples are views of the message and are not decoded; a context is put in front of each of them, which
// joins the two by protobuf's rules.

import { BYTES, FIXED32, varintSize, WireReader, WireWriter } from "../../grpc/wire.ts";
import type { ExampleResult } from "../examples/results.ts";
import { decodeModelSpec, type WireModelSpec } from "./predict-request.ts";

export interface WireExamplesRequest {
  readonly modelSpec: WireModelSpec | undefined;
  readonly examples: readonly Uint8Array[];
}

export interface WireInferenceTask {
  readonly modelSpec: WireModelSpec | undefined;
  readonly methodName: string;
}

export interface WireMultiInferenceRequest {
  readonly tasks: readonly WireInferenceTask[];
  readonly examples: readonly Uint8Array[];
}

/** Reads a request for one result. Throws WireError if it is none. */
export function decodeExamplesRequest(bytes: Uint8Array): WireExamplesRequest {
  const reader = new WireReader(bytes);
  let modelSpec: WireModelSpec | undefined;
  let examples: readonly Uint8Array[] = [];
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 10) modelSpec = decodeModelSpec(reader.message());
    else if (tag === 18) examples = decodeInput(reader.message());
    else reader.skip(tag);
  }
  return { modelSpec, examples };
}

/** Reads a request for several results. Throws WireError if it is none. */
export function decodeMultiInferenceRequest(bytes: Uint8Array): WireMultiInferenceRequest {
  const reader = new WireReader(bytes);
  const tasks: WireInferenceTask[] = [];
  let examples: readonly Uint8Array[] = [];
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 10) tasks.push(decodeTask(reader.message()));
    else if (tag === 18) examples = decodeInput(reader.message());
    else reader.skip(tag);
  }
  return { tasks, examples };
}

function decodeTask(reader: WireReader): WireInferenceTask {
  let modelSpec: WireModelSpec | undefined;
  let methodName = "";
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 10) modelSpec = decodeModelSpec(reader.message());
    else if (tag === 18) methodName = reader.text();
    else reader.skip(tag);
  }
  return { modelSpec, methodName };
}

/** The two kinds are alternatives, and the later one counts. */
function decodeInput(reader: WireReader): readonly Uint8Array[] {
  let examples: readonly Uint8Array[] = [];
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 10 || tag === 18) examples = decodeList(reader.message());
    else reader.skip(tag);
  }
  return examples;
}

/** ExampleList and ExampleListWithContext differ in the context alone. */
function decodeList(reader: WireReader): readonly Uint8Array[] {
  const examples: Uint8Array[] = [];
  let context: Uint8Array | undefined;
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 10) examples.push(reader.take());
    else if (tag === 18) context = reader.take();
    else reader.skip(tag);
  }
  return context ? withContext(context, examples) : examples;
}

/** Each example with the context's features in front. */
export function withContext(context: Uint8Array, examples: readonly Uint8Array[]): Uint8Array[] {
  return examples.map((example) => {
    const joined = new Uint8Array(context.length + example.length);
    joined.set(context);
    joined.set(example, context.length);
    return joined;
  });
}

/** Results a slice: some hundred microseconds. */
const RESULTS_A_SLICE = 4096;

/** ClassificationResult or RegressionResult. */
export function* encodeResult(result: ExampleResult): Generator<undefined, Uint8Array> {
  const out = new WireWriter();
  if (result.kind === "regressions") {
    for (const [at, value] of result.values.entries()) {
      if (at > 0 && at % RESULTS_A_SLICE === 0) yield;
      out.tag(1, BYTES).varint(scoreSize(value));
      writeScore(out, 1, value);
    }
    return out.finish();
  }
  const { examples, classes, labels, scores } = result;
  for (let example = 0; example < examples; example++) {
    const list = new WireWriter();
    for (let index = example * classes; index < (example + 1) * classes; index++) {
      if (index % RESULTS_A_SLICE === RESULTS_A_SLICE - 1) yield;
      writeClass(list, labels?.[index], scores?.[index] ?? 0);
    }
    out.tag(1, BYTES).lengthDelimited(list.finish());
  }
  return out.finish();
}

function writeClass(out: WireWriter, label: Uint8Array | undefined, score: number): void {
  const text = label && label.length > 0 ? label : undefined;
  const labelSize = text ? 1 + varintSize(text.length) + text.length : 0;
  out.tag(1, BYTES).varint(labelSize + scoreSize(score));
  if (text) out.tag(1, BYTES).lengthDelimited(text);
  writeScore(out, 2, score);
}

/** Zero is proto3's default and is not written; minus zero is. */
function writeScore(out: WireWriter, field: number, value: number): void {
  if (scoreSize(value) > 0) out.tag(field, FIXED32).float32(value);
}

function scoreSize(value: number): number {
  return Object.is(value, 0) ? 0 : 5;
}
