import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SavedModelSchema } from "../bytes/protobuf/generated/tensorflow_pb.ts";
import { FerryError } from "../core/errors.ts";
import { byCodePoint, readSavedModel } from "./read-saved-model.ts";

const call = (name: string) => ({
  op: "StatefulPartitionedCall",
  attr: { f: { value: { case: "func" as const, value: { name } } } },
});

const BYTES = toBinary(
  SavedModelSchema,
  create(SavedModelSchema, {
    metaGraphs: [
      {
        metaInfoDef: { tags: ["serve"] },
        graphDef: {
          node: [{ op: "Placeholder" }, { op: "Placeholder" }, call("outer")],
          library: {
            function: [
              { signature: { name: "outer" }, nodeDef: [{ op: "inner" }, { op: "MatMul" }] },
              { signature: { name: "inner" }, nodeDef: [{ op: "Add" }, { op: "outer" }] },
              { signature: { name: "unused" }, nodeDef: [{ op: "WriteFile" }] },
            ],
          },
        },
        signatureDef: {
          serving_default: {
            inputs: {
              z: {
                encoding: { case: "name", value: "serving_default_z:0" },
                dtype: 1,
                tensorShape: { dim: [{ size: -1n }, { size: 3n }] },
              },
              a: { encoding: { case: "name", value: "a:0" }, dtype: 7, tensorShape: { unknownRank: true } },
            },
            outputs: { y: { encoding: { case: "name", value: "StatefulPartitionedCall:0" }, dtype: 11 } },
            methodName: "tensorflow/serving/predict",
          },
          __init: {},
        },
      },
    ],
  }),
);

describe("readSavedModel", () => {
  const summary = readSavedModel(BYTES, "saved_model.pb");

  it("reads tags, signatures and tensors, sorted", () => {
    expect(summary.metaGraphs[0]).toMatchObject({ tags: ["serve"], hasObjectGraph: false });
    expect(summary.metaGraphs[0]?.signatures).toEqual([
      { name: "__init", inputs: [], outputs: [], methodName: "" },
      {
        name: "serving_default",
        inputs: [
          { key: "a", tensorName: "a:0", dtype: "string", tensorflowDtype: 7, shape: undefined },
          {
            key: "z",
            tensorName: "serving_default_z:0",
            dtype: "float32",
            tensorflowDtype: 1,
            shape: [-1, 3],
          },
        ],
        outputs: [
          {
            key: "y",
            tensorName: "StatefulPartitionedCall:0",
            dtype: undefined,
            tensorflowDtype: 11,
            shape: [],
          },
        ],
        methodName: "tensorflow/serving/predict",
      },
    ]);
  });

  it("lists the operators that are reached, through calls that form a cycle", () => {
    expect(summary.metaGraphs[0]?.ops).toEqual(["Add", "MatMul", "Placeholder", "StatefulPartitionedCall"]);
  });

  it("refuses what is no SavedModel", () => {
    expect(() => readSavedModel(new Uint8Array(), "empty.pb")).toThrow(
      "empty.pb: not a SavedModel: it holds no graph",
    );
    expect(() => readSavedModel(Buffer.from("<html></html>"), "page.pb")).toThrow(
      "page.pb: not a SavedModel",
    );
  });

  it("answers any truncation or damage with a summary or an error of ours", () => {
    fc.assert(
      fc.property(fc.nat(BYTES.length), fc.nat(BYTES.length - 1), fc.nat(255), (end, at, byte) => {
        const bytes = BYTES.slice(0, end);
        if (at < end) bytes[at] = byte;
        try {
          readSavedModel(bytes, "damaged.pb");
        } catch (error) {
          expect(error).toBeInstanceOf(FerryError);
        }
      }),
    );
  });
});

describe("byCodePoint", () => {
  it("orders as Python does above U+FFFF", () => {
    expect(["\u{1f600}", "\uff5e", "b", "a"].sort(byCodePoint)).toEqual(["a", "b", "\uff5e", "\u{1f600}"]);
  });
});
