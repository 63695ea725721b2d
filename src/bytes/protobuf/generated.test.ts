import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { Health, HealthCheckResponseSchema } from "./generated/grpc_health_pb.ts";
import { AttributeProtoSchema, ModelProtoSchema, TensorProtoSchema } from "./generated/onnx_pb.ts";
import { ExampleSchema } from "./generated/tensorflow_example_pb.ts";
import { BundleEntryProtoSchema, SavedModelSchema } from "./generated/tensorflow_pb.ts";
import {
  ModelServerConfigSchema,
  ModelService,
  PredictionLogSchema,
  PredictionService,
  PredictRequestSchema,
} from "./generated/tensorflow_serving_pb.ts";

// Wire bytes are written by hand, in hex, tag by tag: a tag is field number * 8
// plus the wire type (0 varint, 1 eight bytes, 2 length and content, 5 four
// bytes). Only the lengths are counted for us.

/** Hex with its spaces removed. */
function hex(...parts: string[]): string {
  return parts.join("").replaceAll(" ", "");
}

/** A tag in hex, the length of what follows, and what follows in hex. */
function sized(tag: string, ...parts: string[]): string {
  const content = hex(...parts);
  const length = content.length / 2;
  const varint = length < 128 ? [length] : [(length % 128) + 128, Math.floor(length / 128)];
  return hex(tag, Buffer.from(varint).toString("hex"), content);
}

function text(tag: string, value: string): string {
  return sized(tag, Buffer.from(value).toString("hex"));
}

function read<Desc extends DescMessage>(schema: Desc, wire: string): MessageShape<Desc> {
  return fromBinary(schema, Uint8Array.from(Buffer.from(hex(wire), "hex")));
}

function write<Desc extends DescMessage>(schema: Desc, message: MessageInitShape<Desc>): string {
  return Buffer.from(toBinary(schema, create(schema, message))).toString("hex");
}

/** The two are one message, in both directions. */
function expectSame<Desc extends DescMessage>(schema: Desc, message: MessageInitShape<Desc>, wire: string) {
  expect(write(schema, message)).toBe(hex(wire));
  expect(read(schema, wire)).toEqual(create(schema, message));
}

describe("ONNX", () => {
  it("writes and reads a model", () => {
    expectSame(
      ModelProtoSchema,
      {
        irVersion: 10n,
        producerName: "p",
        graph: {
          node: [
            { input: ["x"], output: ["y"], opType: "Elu", attribute: [{ name: "alpha", f: 1, type: 1 }] },
          ],
          name: "g",
          initializer: [{ dims: [1n], dataType: 1, name: "w", rawData: Uint8Array.of(0, 0, 128, 63) }],
          input: [
            {
              name: "x",
              type: {
                value: {
                  case: "tensorType",
                  value: {
                    elemType: 1,
                    shape: {
                      dim: [
                        { value: { case: "dimParam", value: "N" } },
                        { value: { case: "dimValue", value: 4n } },
                        {},
                      ],
                    },
                  },
                },
              },
            },
          ],
        },
        opsetImport: [{ domain: "", version: 21n }],
        metadataProps: [{ key: "k", value: "v" }],
        functions: [{ name: "F", attributeProto: [{ name: "i", i: 0n, type: 2 }], overload: "o" }],
      },
      hex(
        "08 0a", // ir_version = 1
        text("12", "p"), // producer_name = 2
        sized(
          "3a", // graph = 7
          sized(
            "0a", // node = 1
            text("0a", "x"), // input = 1
            text("12", "y"), // output = 2
            text("22", "Elu"), // op_type = 4
            // attribute = 5: name = 1, f = 2, type = 20
            sized("2a", text("0a", "alpha"), "15 00 00 80 3f", "a0 01 01"),
          ),
          text("12", "g"), // name = 2
          // initializer = 5: dims = 1 (packed), data_type = 2, name = 8, raw_data = 9
          sized("2a", "0a 01 01", "10 01", text("42", "w"), "4a 04 00 00 80 3f"),
          sized(
            "5a", // input = 11
            text("0a", "x"), // name = 1
            sized(
              "12", // type = 2
              sized(
                "0a", // tensor_type = 1
                "08 01", // elem_type = 1
                // shape = 2, of three dim = 1: dim_param = 2, dim_value = 1, neither
                sized("12", sized("0a", text("12", "N")), sized("0a", "08 04"), "0a 00"),
              ),
            ),
          ),
        ),
        sized("42", "10 15"), // opset_import = 8: version = 2
        sized("72", text("0a", "k"), text("12", "v")), // metadata_props = 14
        // functions = 25: name = 1, attribute_proto = 11 (a zero is present), overload = 13
        sized("ca 01", text("0a", "F"), sized("5a", text("0a", "i"), "18 00", "a0 01 02"), text("6a", "o")),
      ),
    );
  });

  it("tells an absent attribute value from a zero", () => {
    const attribute = read(AttributeProtoSchema, "15 00 00 00 00 22 00"); // f = 2, s = 4
    expect([attribute.f, attribute.i, attribute.s]).toEqual([0, undefined, new Uint8Array(0)]);
  });

  it("reads numbers packed and one by one", () => {
    const packed = read(TensorProtoSchema, "0a 02 02 03 3a 02 07 08");
    expect(packed).toEqual(create(TensorProtoSchema, { dims: [2n, 3n], int64Data: [7n, 8n] }));
    expect(read(TensorProtoSchema, "08 02 08 03 38 07 38 08")).toEqual(packed);
  });

  it("writes back what it does not know", () => {
    const wire = hex("08 0a", sized("a2 01", "0a 00")); // ir_version = 1, training_info = 20
    expect(write(ModelProtoSchema, read(ModelProtoSchema, wire))).toBe(wire);
  });
});

describe("TensorFlow", () => {
  it("writes and reads a SavedModel", () => {
    const shape = { dim: [{ size: -1n }, { size: 2n }] };
    const minusOne = "ff ff ff ff ff ff ff ff ff 01";
    expectSame(
      SavedModelSchema,
      {
        savedModelSchemaVersion: 1n,
        metaGraphs: [
          {
            metaInfoDef: { tags: ["serve"], tensorflowVersion: "2.21.0", strippedDefaultAttrs: true },
            graphDef: {
              node: [
                {
                  name: "c",
                  op: "Const",
                  input: ["^x"],
                  attr: {
                    dtype: { value: { case: "type", value: 1 } },
                    value: {
                      value: {
                        case: "tensor",
                        value: { dtype: 1, tensorShape: {}, tensorContent: Uint8Array.of(0, 0, 128, 63) },
                      },
                    },
                  },
                },
              ],
              library: { function: [{ signature: { name: "f" }, ret: { r: "n:z:0" } }] },
              versions: { producer: 1882, minConsumer: 12 },
            },
            saverDef: { filenameTensorName: "save/Const:0", version: 2 },
            collectionDef: {
              variables: { kind: { case: "bytesList", value: { value: [Uint8Array.of(7)] } } },
            },
            signatureDef: {
              serving_default: {
                inputs: { x: { encoding: { case: "name", value: "x:0" }, dtype: 1, tensorShape: shape } },
                methodName: "tensorflow/serving/predict",
              },
            },
          },
        ],
      },
      hex(
        "08 01", // saved_model_schema_version = 1
        sized(
          "12", // meta_graphs = 2
          // meta_info_def = 1: tags = 4, tensorflow_version = 5, stripped_default_attrs = 7
          sized("0a", text("22", "serve"), text("2a", "2.21.0"), "38 01"),
          sized(
            "12", // graph_def = 2
            sized(
              "0a", // node = 1
              text("0a", "c"), // name = 1
              text("12", "Const"), // op = 2
              text("1a", "^x"), // input = 3
              // attr = 5, a map: key = 1, value = 2; type = 6
              sized("2a", text("0a", "dtype"), sized("12", "30 01")),
              sized(
                "2a",
                text("0a", "value"),
                // tensor = 8: dtype = 1, tensor_shape = 2 (a scalar's), tensor_content = 4
                sized("12", sized("42", "08 01", "12 00", "22 04 00 00 80 3f")),
              ),
            ),
            // library = 2: function = 1: signature = 1 with name = 1, ret = 4
            sized(
              "12",
              sized("0a", sized("0a", text("0a", "f")), sized("22", text("0a", "r"), text("12", "n:z:0"))),
            ),
            "22 05 08 da 0e 10 0c", // versions = 4: producer = 1, min_consumer = 2
          ),
          sized("1a", text("0a", "save/Const:0"), "38 02"), // saver_def = 3
          // collection_def = 4: bytes_list = 2: value = 1
          sized("22", text("0a", "variables"), sized("12", sized("12", "0a 01 07"))),
          sized(
            "2a", // signature_def = 5
            text("0a", "serving_default"),
            sized(
              "12",
              sized(
                "0a", // inputs = 1
                text("0a", "x"),
                // dtype = 2, tensor_shape = 3: dim = 2: size = 1; name = 1 (of a oneof, written last)
                sized(
                  "12",
                  text("0a", "x:0"),
                  "10 01",
                  sized("1a", sized("12", "08", minusOne), "12 02 08 02"),
                ),
              ),
              text("1a", "tensorflow/serving/predict"), // method_name = 3
            ),
          ),
        ),
      ),
    );
  });

  it("writes and reads an entry of a checkpoint's index", () => {
    expectSame(
      BundleEntryProtoSchema,
      { dtype: 1, shape: { dim: [{ size: 2n }] }, shardId: 1, offset: 300n, size: 8n, crc32c: 0x89abcdef },
      // dtype = 1, shape = 2, shard_id = 3, offset = 4, size = 5, crc32c = 6 (four bytes)
      "08 01 12 04 12 02 08 02 18 01 20 ac 02 28 08 35 ef cd ab 89",
    );
  });

  it("writes and reads an Example", () => {
    expectSame(
      ExampleSchema,
      { features: { feature: { x: { kind: { case: "floatList", value: { value: [1] } } } } } },
      // features = 1: feature = 1, a map: float_list = 2: value = 1
      sized("0a", sized("0a", text("0a", "x"), sized("12", sized("12", "0a 04 00 00 80 3f")))),
    );
  });
});

describe("TensorFlow Serving", () => {
  const request: MessageInitShape<typeof PredictRequestSchema> = {
    modelSpec: {
      name: "m",
      versionChoice: { case: "version", value: { value: 123n } },
      signatureName: "s",
    },
    inputs: { x: { dtype: 1, tensorShape: { dim: [{ size: 2n }] }, floatVal: [1, 2] } },
    outputFilter: ["y"],
  };
  const wire = hex(
    // model_spec = 1: name = 1, version = 2 (a wrapper), signature_name = 3
    sized("0a", text("0a", "m"), "12 02 08 7b", text("1a", "s")),
    // inputs = 2, a map: dtype = 1, tensor_shape = 2, float_val = 5 (packed)
    sized("12", text("0a", "x"), sized("12", "08 01", "12 04 12 02 08 02", "2a 08 00 00 80 3f 00 00 00 40")),
    text("1a", "y"), // output_filter = 3
  );

  it("writes and reads a PredictRequest", () => {
    expectSame(PredictRequestSchema, request, wire);
  });

  it("writes and reads a warm-up record", () => {
    expectSame(
      PredictionLogSchema,
      { logType: { case: "predictLog", value: { request } } },
      sized("32", sized("0a", wire)), // predict_log = 6: request = 1
    );
  });

  it("writes and reads a model configuration", () => {
    expectSame(
      ModelServerConfigSchema,
      {
        config: {
          case: "modelConfigList",
          value: {
            config: [
              {
                name: "m",
                modelPlatform: "tensorflow",
                modelVersionPolicy: { policyChoice: { case: "specific", value: { versions: [1n, 2n] } } },
                versionLabels: { stable: 1n },
              },
            ],
          },
        },
      },
      // model_config_list = 1: config = 1: name = 1, model_platform = 4,
      // model_version_policy = 7 with specific = 102, version_labels = 8
      sized(
        "0a",
        sized(
          "0a",
          text("0a", "m"),
          text("22", "tensorflow"),
          sized("3a", sized("b2 06", "0a 02 01 02")),
          sized("42", text("0a", "stable"), "10 01"),
        ),
      ),
    );
  });

  it("names its services and methods as clients call them", () => {
    expect(PredictionService.typeName).toBe("tensorflow.serving.PredictionService");
    expect(PredictionService.methods.map((method) => method.name)).toEqual([
      "Classify",
      "Regress",
      "Predict",
      "MultiInference",
      "GetModelMetadata",
    ]);
    expect(ModelService.typeName).toBe("tensorflow.serving.ModelService");
    expect(ModelService.methods.map((method) => method.name)).toEqual([
      "GetModelStatus",
      "HandleReloadConfigRequest",
    ]);
  });
});

describe("gRPC health", () => {
  it("has a unary and a streaming method", () => {
    expect(Health.typeName).toBe("grpc.health.v1.Health");
    expect([Health.method.check.methodKind, Health.method.watch.methodKind]).toEqual([
      "unary",
      "server_streaming",
    ]);
    expectSame(HealthCheckResponseSchema, { status: 1 }, "08 01");
  });
});
