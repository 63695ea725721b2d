import { describe, expect, it } from "vitest";
import type { LoadedModel } from "../../engine/engine.ts";
import type { Signature } from "../../model/signature.ts";
import { DEFAULT_BATCHING } from "../configuration/batching-parameters.ts";
import { Doubling, type DoublingOptions, floatsOf } from "../testing/batched-doubling.ts";
import { floatTensor } from "../testing/example-model.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { signature, spec } from "../testing/half-plus-two.ts";
import { MemoryFiles } from "../testing/memory-files.ts";
import { BatchedModel } from "./batched-model.ts";
import { batching } from "./batching.ts";

const PLACE = { model: "m", version: 3n, path: "/m/3" };
const x = spec("x", "float32", [-1, 2]);
const y = spec("y", "float32", [-1, 2]);
const ONE = signature("serving_default", [x], [y]);

/** What becomes of a model, with the lines of the log. */
async function prepared(options: DoublingOptions, parameters?: string, perModel = false) {
  const clock = new FakeClock();
  const fileSystem = new MemoryFiles(clock);
  if (parameters !== undefined) fileSystem.write("/m/3/batching_params.pbtxt", Buffer.from(parameters));
  const lines: string[] = [];
  const log = (level: string, line: string): void => void lines.push(`${level}: ${line}`);
  const step = batching({ options: DEFAULT_BATCHING, perModel, cores: 2, fileSystem, clock, log });
  const inner = new Doubling(options);
  return { model: await step(inner, PLACE), inner, lines };
}

const alone = (reason: string): string =>
  `warn: {name: m version: 3}: signature serving_default: each request runs alone: ${reason}`;

describe("which models are batched", () => {
  it("those whose tensors all have free rows", async () => {
    const { model, lines } = await prepared({ signature: ONE });
    expect(model).toBeInstanceOf(BatchedModel);
    expect(lines).toEqual([
      "info: {name: m version: 3}: requests are batched, up to 1000 rows: serving_default",
    ]);
  });

  it("not those with other tensors", async () => {
    const reasons: readonly (readonly [Signature, string])[] = [
      [signature("serving_default", [], [y]), "it has no inputs"],
      [signature("serving_default", [x, spec("k", "float32", [])], [y]), "input 'k' is a scalar"],
      [
        signature("serving_default", [x], [spec("y", "float32", [1, 2])]),
        "output 'y' has 1 rows, and no more",
      ],
      [signature("serving_default", [spec("x", "float32", undefined)], [y]), "input 'x' has no known rank"],
    ];
    for (const [one, reason] of reasons) {
      const { model, inner, lines } = await prepared({ signature: one });
      expect(model).toBe(inner);
      expect(lines).toEqual([alone(reason)]);
    }
  });

  it("not those whose rows depend on each other", async () => {
    const { model, inner, lines } = await prepared({
      signature: ONE,
      answer: (inputs) => {
        const values = floatsOf(inputs.get("x"));
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const shape = inputs.get("x")?.shape ?? [];
        return new Map([
          [
            "y",
            floatTensor(
              shape,
              values.map((value) => value - mean),
            ),
          ],
        ]);
      },
    });
    expect(model).toBe(inner);
    expect(lines).toEqual([alone("output 'y' of a row is another beside other rows")]);
  });

  it("not those that give another number of rows", async () => {
    const { model, inner, lines } = await prepared({
      signature: ONE,
      answer: () => new Map([["y", floatTensor([1, 2], [1, 1])]]),
    });
    expect(model).toBe(inner);
    expect(lines).toEqual([alone("output 'y' has 1 rows for 3 rows of input")]);
  });

  it("those that refuse what was made up, since it was a guess", async () => {
    const { model } = await prepared({
      signature: ONE,
      onRun: () => {
        throw new Error("no");
      },
    });
    expect(model).toBeInstanceOf(BatchedModel);
  });
});

describe("parameters of each version's own", () => {
  const ask = async (model: LoadedModel, rows: number): Promise<string> => {
    const values = new Array(rows * 2).fill(1);
    return model
      .run("serving_default", new Map([["x", floatTensor([rows, 2], values)]]))
      .then((outputs) => String(floatsOf(outputs.get("y")).length), String);
  };

  it("are those of its file", async () => {
    const { model } = await prepared({ signature: ONE }, "max_batch_size { value: 2 }", true);
    expect(await ask(model, 2)).toBe("4");
    expect(await ask(model, 3)).toContain("Task size 3 is larger than maximum input batch size 2");
  });

  it("are needed, where they are asked for", async () => {
    const { model, inner, lines } = await prepared({ signature: ONE }, undefined, true);
    expect(model).toBe(inner);
    expect(lines).toEqual([
      "info: {name: m version: 3}: requests are not batched: it has no batching_params.pbtxt",
    ]);
  });

  it("fail the load where they are wrong", async () => {
    await expect(prepared({ signature: ONE }, "max_batch_size {", true)).rejects.toThrow(
      "Error parsing text-format tensorflow.serving.BatchingParameters",
    );
    const wrong = prepared({ signature: ONE }, "max_enqueued_batches { value: 0 }", true);
    await expect(wrong).rejects.toThrow("max_enqueued_batches must be positive; was 0");
  });
});
