import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { TensorProtoSchema } from "../../bytes/protobuf/generated/tensorflow_pb.ts";
import { Problem } from "../../core/errors.ts";
import type { TensorValue } from "../../engine/engine.ts";
import type { Signature } from "../../model/signature.ts";
import { floatTensor } from "../testing/example-model.ts";
import { signature, spec } from "../testing/half-plus-two.ts";
import { loadedManager } from "../testing/model-server.ts";
import { predict } from "./predict.ts";

const x = spec("x", "float32", [-1]);
const factor = spec("factor", "float32", []);
const SCALED = signature("serving_default", [x, factor], [spec("y", "float32", [-1])]);
const half = toBinary(
  TensorProtoSchema,
  create(TensorProtoSchema, { dtype: 1, tensorShape: {}, floatVal: [0.5] }),
);
const WITH_DEFAULT: Signature = { ...SCALED, defaults: new Map([["factor", half]]) };

const floats = (value: TensorValue | undefined): number[] =>
  value ? [...new Float32Array(value.data.slice().buffer)] : [];

/** y = x * factor, by an engine that is given every input; or the message that stands in the way. */
async function ask(one: Signature, inputs: Record<string, TensorValue>, checkMethodNames = false) {
  const models = await loadedManager(
    { m: [1] },
    {
      signatures: [one],
      answer: (_, all) => {
        const [scale = Number.NaN] = floats(all.get("factor"));
        const y = floats(all.get("x")).map((value) => value * scale);
        return new Map([["y", floatTensor([y.length], y)]]);
      },
    },
  );
  const handle = models.acquire({ name: "m" });
  if (handle instanceof Problem) throw new Error(handle.message);
  const request = { signature: one, inputs: new Map(Object.entries(inputs)), outputFilter: [] };
  const outputs = await predict(handle, request, { checkMethodNames });
  return outputs instanceof Problem ? outputs.message : floats(outputs.get("y"));
}

describe("defaults of a signature", () => {
  const values = floatTensor([2], [2, 4]);

  it("stand for inputs that were left out, and only for those", async () => {
    expect(await ask(WITH_DEFAULT, { x: values })).toEqual([1, 2]);
    expect(await ask(WITH_DEFAULT, { x: values, factor: floatTensor([], [3]) })).toEqual([6, 12]);
  });

  it("do not stand for what has none", async () => {
    expect(await ask(SCALED, { x: values })).toBe(
      "input size does not match signature: 1!=2 len({x}) != len({factor,x}). Sent extra: {}. Missing but required: {factor}.",
    );
    expect(await ask(WITH_DEFAULT, { factor: floatTensor([], [3]) })).toBe(
      "Signature input alias: x(feed name: x:0) not found in request and no default value provided. Inputs expected to be in the request {factor}, or default input alias set: factor",
    );
  });

  it("do not make unknown inputs known", async () => {
    expect(await ask(WITH_DEFAULT, { x: values, z: values })).toContain(
      "Inputs contains invalid name. Used request inputs: x, request input: x,z",
    );
  });
});

describe("the method's name", () => {
  it("counts only where it is checked", async () => {
    const odd = { ...WITH_DEFAULT, methodName: "other" };
    const values = floatTensor([1], [2]);
    expect(await ask(odd, { x: values })).toEqual([1]);
    expect(await ask(odd, { x: values }, true)).toBe(
      "Expected prediction signature method_name to be one of {tensorflow/serving/predict, tensorflow/serving/classify, tensorflow/serving/regress}. Was: other",
    );
    expect(await ask(WITH_DEFAULT, { x: values }, true)).toEqual([1]);
  });
});
