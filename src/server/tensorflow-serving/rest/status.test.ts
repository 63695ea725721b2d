import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { TensorProtoSchema } from "../../../bytes/protobuf/generated/tensorflow_pb.ts";
import { HALF_PLUS_TWO } from "../../testing/half-plus-two.ts";
import { loadedManager, rest, restError } from "../../testing/model-server.ts";

const MODEL = "saved_model_half_plus_two_2_versions";
const context = { models: await loadedManager({ [MODEL]: [123], two: [4, 7] }) };
context.models.setLabels(MODEL, new Map([["stable", 123n]]));
const url = (path: string): string => `/v1/models/${MODEL}${path}`;

describe("status and metadata", () => {
  it("lists versions, highest first", async () => {
    const { status, body } = await rest(context, { url: "/v1/models/two" });
    expect(status).toBe(200);
    expect(body).toBe(
      `{\n "model_version_status": [\n${[7, 4]
        .map(
          (version) =>
            `  {\n   "version": "${version}",\n   "state": "AVAILABLE",\n   "status": {\n    "error_code": "OK",\n    "error_message": ""\n   }\n  }`,
        )
        .join(",\n")}\n ]\n}\n`,
    );
    const strict = { ...context, strict: true };
    for (const [how, path] of [
      [context, "/versions/123"],
      [context, "/labels/stable"],
      [strict, "/labels/whatever"],
    ] as const) {
      expect(JSON.parse((await rest(how, { url: url(path) })).body)).toEqual({
        model_version_status: [
          { version: "123", state: "AVAILABLE", status: { error_code: "OK", error_message: "" } },
        ],
      });
    }
  });

  it("lists the models, which TensorFlow Serving does not", async () => {
    const { status, body } = await rest(context, { url: "/v1/models" });
    expect([status, JSON.parse(body)]).toEqual([200, { models: [MODEL, "two"] }]);
  });

  it("tells a label's version alone, and refuses one that is not there", async () => {
    context.models.setLabels("two", new Map([["canary", 4n]]));
    const { body } = await rest(context, { url: "/v1/models/two/labels/canary" });
    expect(JSON.parse(body)).toMatchObject({ model_version_status: [{ version: "4" }] });
    expect(await restError(context, { url: "/v1/models/two/labels/none" })).toEqual([
      400,
      "Unrecognized servable version label: none",
    ]);
  });

  it("shows the defaults of inputs that may be left out", async () => {
    const [first] = HALF_PLUS_TWO;
    if (!first) throw new Error("there is no signature");
    const fields = { dtype: 1, tensorShape: { dim: [{ size: 1n }] }, floatVal: [0.5] };
    const bytes = toBinary(TensorProtoSchema, create(TensorProtoSchema, fields));
    const signatures = [{ ...first, defaults: new Map([["x", bytes]]) }];
    const models = await loadedManager({ m: [1] }, { signatures });
    const { body } = await rest({ models }, { url: "/v1/models/m/metadata" });
    const { metadata } = JSON.parse(body) as { metadata: { signature_def: { signature_def: unknown } } };
    expect(metadata.signature_def.signature_def).toMatchObject({
      serving_default: {
        defaults: {
          x: {
            dtype: "DT_FLOAT",
            tensor_shape: { dim: [{ size: "1", name: "" }], unknown_rank: false },
            float_val: [0.5],
            int_val: [],
          },
        },
      },
    });
  });

  it("says what there is no status of", async () => {
    expect(await restError(context, { url: "/v1/models/none" })).toEqual([
      404,
      "Could not find any versions of model none",
    ]);
    expect(await restError(context, { url: url("/versions/50") })).toEqual([
      404,
      `Could not find version 50 of model ${MODEL}`,
    ]);
    expect(await restError(context, { url: "/v1/models/none/metadata" })).toEqual([
      404,
      "Servable not found for request: Latest(none)",
    ]);
  });

  it("prints the signatures", async () => {
    const { body } = await rest(context, { url: url("/metadata") });
    expect(body.startsWith('{\n"model_spec":{\n "name": "saved_model_half_plus_two_2_versions",\n')).toBe(
      true,
    );
    const dim = [
      { size: "-1", name: "" },
      { size: "1", name: "" },
    ];
    const tensor = (name: string) => ({
      dtype: "DT_FLOAT",
      tensor_shape: { dim, unknown_rank: false },
      name: `${name}:0`,
    });
    const parsed = JSON.parse(body);
    expect(parsed.model_spec).toEqual({ name: MODEL, signature_name: "", version: "123" });
    expect(Object.keys(parsed.metadata.signature_def.signature_def)).toEqual(
      HALF_PLUS_TWO.map((one) => one.name),
    );
    expect(parsed.metadata.signature_def.signature_def.serving_default).toEqual({
      inputs: { x: tensor("x") },
      outputs: { y: tensor("y") },
      method_name: "tensorflow/serving/predict",
      defaults: {},
    });
  });
});
