import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { SavedModelSchema } from "../bytes/protobuf/generated/tensorflow_pb.ts";
import { readSavedModel } from "./read-saved-model.ts";
import { withoutGraphs } from "./without-graphs.ts";

const bytes = toBinary(
  SavedModelSchema,
  create(SavedModelSchema, {
    savedModelSchemaVersion: 1n,
    metaGraphs: [
      {
        metaInfoDef: { tags: ["serve"] },
        graphDef: { node: Array.from({ length: 500 }, (_, at) => ({ name: `n${at}`, op: "Relu" })) },
        signatureDef: {
          serving_default: {
            inputs: { x: { encoding: { case: "name", value: "x:0" }, dtype: 1 } },
            methodName: "tensorflow/serving/predict",
          },
        },
      },
    ],
  }),
);

describe("withoutGraphs", () => {
  it("keeps tags and signatures", () => {
    const light = withoutGraphs(bytes);
    expect(light.byteLength).toBeLessThan(bytes.byteLength / 10);
    const [whole] = readSavedModel(bytes, "whole").metaGraphs;
    const [rest] = readSavedModel(light, "rest").metaGraphs;
    expect(whole?.ops).toEqual(["Relu"]);
    expect(rest).toEqual({ ...whole, ops: [] });
  });

  it("leaves what it cannot read to the decoder", () => {
    for (const broken of [bytes.subarray(0, 40), new TextEncoder().encode("no model"), new Uint8Array(3)]) {
      expect(withoutGraphs(broken)).toBe(broken);
      expect(() => readSavedModel(withoutGraphs(broken), "broken.pb")).toThrow(/broken\.pb/);
    }
    expect(withoutGraphs(new Uint8Array(0))).toEqual(new Uint8Array(0));
  });
});
