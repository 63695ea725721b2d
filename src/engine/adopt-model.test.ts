import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelAdopter } from "./adopt-model.ts";
import type { TensorValue } from "./engine.ts";
import { RunSlots } from "./native/run-slots.ts";
import { onnxRuntimeEngine } from "./onnxruntime/engine.ts";
import { identityModel, onnxModel, signatureOf } from "./testing/onnx-model.ts";

let folder = "";

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "torchferry-adopt-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

describe("modelAdopter", () => {
  const adopt = modelAdopter(new RunSlots(1));
  const one: TensorValue = {
    dtype: "float32",
    shape: [2],
    data: new Uint8Array(new Float32Array([3, 4]).buffer),
  };
  const inputs = new Map([["x", one]]);

  it("runs the session of the model it is told of, and leaves closing it to whoever loaded it", async () => {
    const init = identityModel("float32", ["n"]);
    const file = path.join(folder, "identity.onnx");
    fs.writeFileSync(file, onnxModel(init));
    const loaded = await onnxRuntimeEngine().loadOnnx(file, [signatureOf(init)], { name: "identity" });
    const shared = structuredClone(loaded.share?.());
    if (!shared) throw new Error("a model of onnxruntime can be shared");
    const adopted = await adopt(shared);
    expect(adopted.signatures).toEqual(loaded.signatures);
    // Often enough for the run to be found cheap, and done on the loop.
    for (let run = 0; run < 12; run += 1) {
      expect(await adopted.run("serving_default", inputs)).toEqual(
        await loaded.run("serving_default", inputs),
      );
    }
    await adopted.close();
    await expect(adopted.run("serving_default", inputs)).rejects.toMatchObject({ code: "MODEL_CLOSED" });
    expect((await loaded.run("serving_default", inputs)).size).toBe(1);
    await loaded.close();
  });

  it("knows the engines that it can adopt from", async () => {
    const signatures = [signatureOf(identityModel("float32", ["n"]))];
    const foreign = {
      engine: "other",
      name: "m",
      signatures,
      keepsState: false,
      addresses: [],
      steadyCost: false,
    };
    await expect(adopt(foreign)).rejects.toThrow(/other/);
  });
});
