import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { SavedModelSchema, VariableDefSchema } from "../../bytes/protobuf/generated/tensorflow_pb.ts";
import { inferTypes } from "../../graph/infer-types.ts";
import { parseGraph } from "../../graph/text.ts";
import { lowerToTensorFlow } from "../../tensorflow/lower/lower-to-tensorflow.ts";
import { encodeSavedModel } from "./encode-saved-model.ts";

const weights = Array.from({ length: 512 }, (_, index) => `${index}.5`).join(", ");
const TEXT = `graph main(x: float32[batch, 16]) -> (y) {
  head.weight: float32[16, 32] = [${weights}]
  y = MatMul(x, head.weight) @ head
}`;

function encoded(text: string, signatures: readonly string[] = []) {
  const graph = lowerToTensorFlow(inferTypes(parseGraph(text)), { file: "model.onnx" });
  const bytes = encodeSavedModel(graph, signatures);
  const [meta] = fromBinary(SavedModelSchema, bytes).metaGraphs;
  if (!meta?.graphDef) throw new Error("there is a graph");
  return { bytes, meta, nodes: meta.graphDef.node };
}

describe("saved_model.pb", () => {
  it("has the signature under every name, with TensorFlow's names of tensors", () => {
    const { meta } = encoded(TEXT, ["predict_images", "serving_default"]);
    expect(meta.metaInfoDef?.tags).toEqual(["serve"]);
    expect(Object.keys(meta.signatureDef)).toEqual(["predict_images", "serving_default"]);
    const signature = meta.signatureDef["predict_images"];
    expect(signature?.methodName).toBe("tensorflow/serving/predict");
    expect(signature?.inputs["x"]?.encoding).toEqual({ case: "name", value: "serving_default_x:0" });
    expect(signature?.inputs["x"]?.tensorShape?.dim.map((dim) => dim.size)).toEqual([-1n, 16n]);
    expect(signature?.outputs["y"]?.encoding).toEqual({ case: "name", value: "y:0" });
    expect(signature?.outputs["y"]?.dtype).toBe(1);
  });

  it("restores its variables by name from a checkpoint whose path is fed", () => {
    const { meta, nodes } = encoded(TEXT);
    const handle = nodes.find((node) => node.op === "VarHandleOp");
    const restore = nodes.find((node) => node.op === "RestoreV2");
    const names = nodes.find((node) => node.name === restore?.input[1])?.attr["value"]?.value;
    expect(names?.case === "tensor" && Buffer.from(names.value.stringVal[0] ?? []).toString()).toBe(
      handle?.name,
    );
    expect(meta.saverDef?.filenameTensorName).toBe(`${restore?.input[0]}:0`);
    const assign = nodes.find((node) => node.op === "AssignVariableOp");
    expect(assign?.input).toEqual([handle?.name, restore?.name]);
    const all = nodes.find((node) => node.name === meta.saverDef?.restoreOpName);
    expect(all?.input).toEqual([`^${assign?.name}`]);
  });

  it("lists its variables where TensorFlow 2 looks for them", () => {
    const { meta } = encoded(TEXT);
    const kind = meta.collectionDef["trainable_variables"]?.kind;
    const [first] = kind?.case === "bytesList" ? kind.value.value : [];
    const definition = fromBinary(VariableDefSchema, first ?? new Uint8Array(0));
    expect(definition.variableName).toBe("head/weight:0");
    expect(definition.snapshotName).toBe("head/weight/Read:0");
    expect(definition.isResource).toBe(true);
  });

  it("can be restored without variables", () => {
    const { meta, nodes } = encoded("graph main(x: float32[n]) -> (y) {\n  y = Relu(x)\n}");
    expect(meta.collectionDef).toEqual({});
    expect(nodes.map((node) => node.op)).toEqual(["Placeholder", "Relu", "Identity", "Const", "NoOp"]);
    expect(meta.saverDef?.restoreOpName).toBe("save/restore_all");
  });

  it("names ports inside functions and nodes outside", () => {
    const { meta } = encoded(`graph main(c: bool[], x: float32[n]) -> (y) {
      y = If(c) {then_branch = graph a() -> (p) {
        q = Exp(x)
        p = Neg(q)
      }, else_branch = graph b() -> (r) {
        r = Abs(x)
      }}
    }`);
    const [first] = meta.graphDef?.library?.function ?? [];
    expect(first?.signature?.inputArg.map((arg) => arg.name)).toEqual(["capture_0"]);
    expect(first?.nodeDef.map((node) => `${node.op}(${node.input})`)).toEqual([
      "Exp(capture_0)",
      "Neg(Exp:y:0)",
    ]);
    expect(first?.ret).toEqual({ output_0: "Neg:y:0" });
  });

  it("is the same for the same graph", () => {
    expect(encoded(TEXT).bytes).toEqual(encoded(TEXT).bytes);
  });
});
