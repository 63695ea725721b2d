import { create, createFileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { file_grpc_health } from "./generated/grpc_health_pb.ts";
import { file_tensorflow_serving, ModelServerConfigSchema } from "./generated/tensorflow_serving_pb.ts";
import { namedDescriptors, readTextMessage, TextFormError } from "./text-form.ts";

const models = (text: string) => {
  const { config } = readTextMessage(ModelServerConfigSchema, text);
  return config.case === "modelConfigList" ? config.value.config : [];
};

function fault(text: string): readonly [number, string] {
  try {
    readTextMessage(ModelServerConfigSchema, text);
  } catch (error) {
    if (error instanceof TextFormError) return [error.line, error.message];
  }
  throw new Error("it was read");
}

describe("the text form", () => {
  it("is read with either brackets, quotes, colons and separators", () => {
    const text = `model_config_list: { config: { name: 'a', base_path: "/x" "y"; model_platform: "tensorflow", }, # so
      config < name: "b" > }`;
    expect(models(text).map(({ name, basePath, modelPlatform }) => [name, basePath, modelPlatform])).toEqual([
      ["a", "/xy", "tensorflow"],
      ["b", "", ""],
    ]);
  });

  it("has maps, 64-bit numbers and alternatives", () => {
    const [model] = models(`model_config_list { config {
      version_labels { key: 'stable' value: 43 } version_labels: [{ key: "canary" value: 9223372036854775807 }]
      model_version_policy: { specific { versions: 42 versions: [43, 44] } } } }`);
    expect(model?.versionLabels).toEqual({ stable: 43n, canary: 2n ** 63n - 1n });
    expect(model?.modelVersionPolicy?.policyChoice).toMatchObject({
      case: "specific",
      value: { versions: [42n, 43n, 44n] },
    });
  });

  it("names enumerations by value or number", () => {
    expect(models("model_config_list { config { model_type: TENSORFLOW } }")[0]?.modelType).toBe(1);
    expect(models("model_config_list { config { model_type: 2 } }")[0]?.modelType).toBe(2);
  });

  it("says what is wrong, and in which line", () => {
    const lines = ["# models", "model_config_list {", "  config {", '    nme: "a"', "  }", "}"];
    const unknown = 'unknown field "nme" for message tensorflow.serving.ModelConfig';
    expect(fault(lines.join("\n"))).toEqual([4, unknown]);
    expect(fault("improper model config")).toEqual([
      1,
      'unknown field "improper" for message tensorflow.serving.ModelServerConfig',
    ]);
    expect(fault(lines.slice(0, 3).join("\n"))[0]).toBe(3);
  });
});

describe("named descriptors", () => {
  const files = namedDescriptors([file_tensorflow_serving, file_grpc_health]);
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...files] }));

  it("come after what they import", () => {
    expect(files.map((file) => file.name)).toEqual(
      [
        "google/protobuf/any",
        "google/protobuf/wrappers",
        "tensorflow",
        "tensorflow_example",
        "tensorflow_serving",
        "grpc_health",
      ].map((name) => `${name}.proto`),
    );
  });

  it("name the values of enumerations", () => {
    expect(registry.getEnum("tensorflow.DataType")?.values.find((one) => one.number === 1)?.name).toBe(
      "DT_FLOAT",
    );
    expect(registry.getMessage("tensorflow.serving.StatusProto")?.field["errorCode"]?.fieldKind).toBe("enum");
  });
});
