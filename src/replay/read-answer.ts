// A gRPC answer as tensors, so that all kinds of answers are compared alike.
// Classes and regressions become the tensors that they were made of: scores, labels, values; one task's beside the next.
import { fromBinary } from "@bufbuild/protobuf";
import {
  ClassificationResponseSchema,
  type ClassificationResult,
  MultiInferenceResponseSchema,
  RegressionResponseSchema,
  type RegressionResult,
} from "../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import type { TensorValue } from "../engine/engine.ts";
import { WireError, WireReader } from "../server/grpc/wire.ts";
import { inSlices } from "../server/slices.ts";
import { decodeTensor } from "../server/tensorflow-serving/grpc/decode-tensor.ts";
import type { Method } from "./read-requests.ts";
import type { Answer } from "./target.ts";

type Tensors = ReadonlyMap<string, TensorValue>;

/** The answer's tensors, or a failure if it is no answer to such a request. */
export async function readAnswer(method: Method, message: Uint8Array): Promise<Answer> {
  try {
    return await tensorsOf(method, message);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { status: "UNPARSABLE", message: `the answer to ${method} cannot be read: ${reason}` };
  }
}

async function tensorsOf(method: Method, message: Uint8Array): Promise<Tensors> {
  switch (method) {
    case "Predict":
      return predicted(message);
    case "Classify":
      return classified("", fromBinary(ClassificationResponseSchema, message).result);
    case "Regress":
      return regressed("", fromBinary(RegressionResponseSchema, message).result);
    case "MultiInference":
      return new Map(
        fromBinary(MultiInferenceResponseSchema, message).results.flatMap(({ modelSpec, result }) => {
          const name = `${modelSpec?.signatureName ?? ""}/`;
          if (result.case === "classificationResult") return [...classified(name, result.value)];
          return result.case === "regressionResult" ? [...regressed(name, result.value)] : [];
        }),
      );
  }
}

async function predicted(message: Uint8Array): Promise<Tensors> {
  const tensors = new Map<string, TensorValue>();
  const reader = new WireReader(message);
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag !== 10) {
      reader.skip(tag);
      continue;
    }
    const entry = reader.message();
    let name = "";
    let tensor: TensorValue | undefined;
    while (!entry.atEnd) {
      const part = entry.varint();
      if (part === 10) name = entry.text();
      else if (part === 18) tensor = await inSlices(decodeTensor(entry.message()));
      else entry.skip(part);
    }
    if (!tensor) throw new WireError(`output ${name} is no tensor`);
    tensors.set(name, tensor);
  }
  return tensors;
}

function classified(prefix: string, result: ClassificationResult | undefined): Tensors {
  const rows = result?.classifications ?? [];
  const all = rows.flatMap((row) => row.classes);
  const shape = [rows.length, rows[0]?.classes.length ?? 0];
  // Rows of other lengths than the first do not fit the shape, and are told so by their number.
  const fits = shape[0] === 0 || all.length === rows.length * (shape[1] ?? 0);
  const wanted = fits ? shape : [all.length];
  return new Map([
    [
      `${prefix}scores`,
      floats(
        wanted,
        all.map((one) => one.score),
      ),
    ],
    [
      `${prefix}classes`,
      texts(
        wanted,
        all.map((one) => one.label),
      ),
    ],
  ]);
}

function regressed(prefix: string, result: RegressionResult | undefined): Tensors {
  const values = (result?.regressions ?? []).map((one) => one.value);
  return new Map([[`${prefix}outputs`, floats([values.length], values)]]);
}

function floats(shape: readonly number[], values: readonly number[]): TensorValue {
  return { dtype: "float32", shape, data: new Uint8Array(Float32Array.from(values).buffer) };
}

function texts(shape: readonly number[], labels: readonly string[]): TensorValue {
  return {
    dtype: "string",
    shape,
    data: new Uint8Array(0),
    strings: labels.map((label) => Buffer.from(label)),
  };
}
