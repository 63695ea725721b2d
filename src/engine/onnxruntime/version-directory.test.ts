import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ModelProtoSchema, TypeProtoSchema } from "../../bytes/protobuf/generated/onnx_pb.ts";
import { SavedModelSchema } from "../../bytes/protobuf/generated/tensorflow_pb.ts";
import { FerryError } from "../../core/errors.ts";
import type { TensorSpec } from "../../model/signature.ts";
import type { TensorValue } from "../engine.ts";
import { identityModel, type ModelInit, onnxModel, signatureOf } from "../testing/onnx-model.ts";
import { onnxRuntimeEngine } from "./engine.ts";

const engine = onnxRuntimeEngine();
let folder = "";

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "torchferry-engine-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

async function problemOf(work: Promise<unknown>): Promise<FerryError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof FerryError) return error;
  throw new Error(`expected a FerryError, got ${String(error)}`);
}

describe("a version directory", () => {
  it("with a model.onnx alone has one signature, over all of its inputs and outputs", async () => {
    const init: ModelInit = {
      inputs: [
        { name: "x", dtype: "float32", shape: ["batch", 3] },
        { name: "text", dtype: "string", shape: [] },
      ],
      outputs: [
        { name: "y", dtype: "float32", shape: ["batch", 3] },
        { name: "same", dtype: "string", shape: [] },
      ],
      nodes: [
        { opType: "Neg", input: ["x"], output: ["y"] },
        { opType: "Identity", input: ["text"], output: ["same"] },
      ],
    };
    const directory = fs.mkdtempSync(path.join(folder, "version-"));
    fs.writeFileSync(path.join(directory, "model.onnx"), onnxModel(init));
    const model = await engine.load(directory);
    const ports = (specs: readonly TensorSpec[] = []): unknown[] =>
      specs.map(({ key, dtype, shape }) => [key, dtype, shape]);
    const signature = model.signatures.get("serving_default");
    const [batch, text] = [
      ["float32", [-1, 3]],
      ["string", []],
    ];
    expect(ports(signature?.inputs)).toEqual([
      ["x", ...batch],
      ["text", ...text],
    ]);
    expect(ports(signature?.outputs)).toEqual([
      ["y", ...batch],
      ["same", ...text],
    ]);
    const inputs = new Map<string, TensorValue>([
      [
        "x",
        { dtype: "float32" as const, shape: [1, 3], data: new Uint8Array(Float32Array.of(1, 2, 3).buffer) },
      ],
      ["text", { dtype: "string" as const, shape: [], data: new Uint8Array(), strings: [Buffer.from("a")] }],
    ]);
    const y = (await model.run("serving_default", inputs)).get("y");
    expect([...new Float32Array(y?.data.slice().buffer ?? new ArrayBuffer(0))]).toEqual([-1, -2, -3]);
    await model.close();
  });

  it("with outputs that are no tensors has no types for them, and says so when it is run", async () => {
    const port = { name: "x", dtype: "float32", shape: ["n"] } as const;
    const nodes = [{ opType: "SequenceConstruct", input: ["x"], output: ["all"] }];
    const model = fromBinary(
      ModelProtoSchema,
      onnxModel({ inputs: [port], outputs: [{ ...port, name: "all" }], nodes }),
    );
    const [output, elemType] = [model.graph?.output[0], model.graph?.input[0]?.type];
    if (!output || !elemType) throw new Error("the graph has an input and an output");
    output.type = create(TypeProtoSchema, { value: { case: "sequenceType", value: { elemType } } });
    const file = path.join(folder, "sequence.onnx");
    fs.writeFileSync(file, toBinary(ModelProtoSchema, model));
    const loaded = await engine.loadOnnx(file, undefined, { name: "sequence" });
    expect(loaded.signatures.get("serving_default")?.outputs).toMatchObject([
      { key: "all", dtype: undefined, shape: undefined },
    ]);
    const x: TensorValue = { dtype: "float32", shape: [1], data: new Uint8Array(4) };
    const error = await problemOf(loaded.run("serving_default", new Map([["x", x]])));
    expect([error.code, error.message]).toEqual(["ENGINE_FAILED", expect.stringContaining("not a tensor")]);
    await loaded.close();
  });

  it("whose graph only TensorFlow runs names the engine for it", async () => {
    const directory = fs.mkdtempSync(path.join(folder, "version-"));
    const saved = create(SavedModelSchema, { metaGraphs: [{ metaInfoDef: { tags: ["serve"] } }] });
    fs.writeFileSync(path.join(directory, "saved_model.pb"), toBinary(SavedModelSchema, saved));
    expect((await problemOf(engine.load(directory))).message).toContain("--engine tensorflow");
    expect((await problemOf(engine.load(directory, { tags: ["gpu"] }))).code).toBe("TAG_SET_NOT_FOUND");
    expect((await problemOf(engine.load(path.join(directory, "none")))).code).toBe("FILE_NOT_FOUND");
  });

  it("is not loaded with a library that has no operators", async () => {
    const file = path.join(folder, "text.so");
    fs.writeFileSync(file, "no library");
    const other = onnxRuntimeEngine({ operatorLibraries: [file, "/none.so"] });
    const init = identityModel("float32", ["n"]);
    const model = path.join(folder, "identity.onnx");
    fs.writeFileSync(model, onnxModel(init));
    const error = await problemOf(other.loadOnnx(model, [signatureOf(init)]));
    expect(error.problems.map((one) => one.code)).toEqual([
      "OPERATOR_LIBRARY_UNUSABLE",
      "OPERATOR_LIBRARY_UNUSABLE",
    ]);
    expect(error.message).toContain("/none.so");
  });
});
