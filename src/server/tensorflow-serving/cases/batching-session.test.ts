// TensorFlow Serving's batching/batching_session_test.cc, batching_util_test.cc and bundle_factory_util_test.cc, each case
// under its own name. Their batch runs on a thread when it is full; ours with the turns of the event loop.
// Not here: TensorSignatureFromSignatureDef(s), costs and thread pools, which are C++'s; EstimateResourceFromPath, since
// no memory is reserved; UnsortedAllowedBatchSizesRejected and FinalAllowedBatchSizeLargerThanMaxBatchSizeRejected
// (configuration/model-configuration.test.ts).
import { describe, expect, it } from "vitest";
import type { TensorValue } from "../../../engine/engine.ts";
import type { Signature } from "../../../model/signature.ts";
import { BatchedModel } from "../../batching/batched-model.ts";
import { batching } from "../../batching/batching.ts";
import { type BatchingOptions, DEFAULT_BATCHING } from "../../configuration/batching-parameters.ts";
import { Doubling, floatsOf, gate, joined } from "../../testing/batched-doubling.ts";
import { floatTensor } from "../../testing/example-model.ts";
import { FakeClock, settle } from "../../testing/fake-clock.ts";
import { signature, spec } from "../../testing/half-plus-two.ts";
import { MemoryFiles } from "../../testing/memory-files.ts";

const WAITS = { batchTimeoutMicros: 1_000_000_000 }; // no batch runs because of it
const halfPlus = (amount: number, x: TensorValue | undefined): TensorValue => {
  if (!x) throw new Error("an input is missing");
  return floatTensor(
    x.shape,
    floatsOf(x).map((value) => value / 2 + amount),
  );
};

/** y = x / 2 + 2, of one tensor of any rank. */
function halfPlusTwo(shape: readonly number[], options: Partial<BatchingOptions>) {
  const inner = new Doubling({
    signature: signature("serving_default", [spec("x", "float32", shape)], [spec("y", "float32", shape)]),
    answer: (inputs) => new Map([["y", halfPlus(2, inputs.get("x"))]]),
  });
  return { inner, ...joined(inner, options) };
}

/** y = x / 2 + 2 and y3 = x2 / 2 + 3. */
function twoOutputs(options: Partial<BatchingOptions>) {
  const rows = [-1];
  const two: Signature = signature(
    "serving_default",
    [spec("x", "float32", rows), spec("x2", "float32", rows)],
    [spec("y", "float32", rows), spec("y3", "float32", rows)],
  );
  class TwoOutputs extends Doubling {
    override async run(...[name, inputs, outputs = []]: Parameters<Doubling["run"]>) {
      const all = await super.run(name, inputs);
      return outputs.length === 0 ? all : new Map([...all].filter(([key]) => outputs.includes(key)));
    }
  }
  const inner = new TwoOutputs({
    signature: two,
    answer: (inputs) =>
      new Map([
        ["y", halfPlus(2, inputs.get("x"))],
        ["y3", halfPlus(3, inputs.get("x2"))],
      ]),
  });
  return { inner, ...joined(inner, options) };
}

const tensor = (...values: number[]): TensorValue => floatTensor([values.length], values);
const why = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "answered",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe("batching_session_test", () => {
  it("Basic", async () => {
    const { inner, ask } = halfPlusTwo([-1], { ...WAITS, maxBatchSize: 4 });
    expect(await Promise.all([ask([2], [100, 42]), ask([2], [71.5, 18.3])])).toEqual([
      [52, 23],
      [37.75, expect.closeTo(11.15, 5)],
    ]);
    expect(inner.runs).toEqual([4]);
  });

  it("BatchingWithPadding", async () => {
    const { ask, inner } = halfPlusTwo([-1, -1, -1], {
      ...WAITS,
      maxBatchSize: 2,
      padVariableLengthInputs: true,
    });
    const [small, large] = await Promise.all([
      ask([1, 2, 2], [5, 6, 7, 8]),
      ask([1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ]);
    // The outputs are as long as the longest: a model without fixed axes gives back what it was given.
    expect(small).toEqual([4.5, 5, 4.5, 5.5, 6, 4.5, 4.5, 4.5, 4.5]);
    expect(large).toEqual([2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5]);
    expect(inner.runs).toEqual([2]);
  });

  it("BatchingWithLargeBatch", async () => {
    const split = halfPlusTwo([-1], {
      ...WAITS,
      maxBatchSize: 4,
      enableLargeBatchSplitting: true,
      maxExecutionBatchSize: 2,
    });
    expect(await split.ask([4], [2, 4, 6, 8])).toEqual([3, 4, 5, 6]);
    expect(split.inner.runs).toEqual([2, 2]);
    const whole = halfPlusTwo([-1], { ...WAITS, maxBatchSize: 3 });
    expect(await why(whole.ask([4], [1, 2, 3, 4]))).toContain(
      "Task size 4 is larger than maximum input batch size 3",
    );
  });

  it("BatchHandlesSplitError: the request gets the error of its part", async () => {
    const inner = new Doubling({
      onRun: (x) => {
        if (x.includes(3)) throw new Error("this part fails");
      },
    });
    const options = { ...WAITS, maxBatchSize: 4, enableLargeBatchSplitting: true, maxExecutionBatchSize: 2 };
    expect(await why(joined(inner, options).ask([4, 1], [1, 2, 3, 4]))).toBe("this part fails");
  });

  it("BatchingLazySplit", async () => {
    const options = { ...WAITS, maxBatchSize: 2, enableLargeBatchSplitting: true, maxExecutionBatchSize: 1 };
    const { ask, inner } = halfPlusTwo([-1, 2], options);
    expect(await Promise.all([ask([1, 2], [5, 6]), ask([1, 2], [1, 2])])).toEqual([
      [4.5, 5],
      [2.5, 3],
    ]);
    expect(inner.runs).toEqual([1, 1]);
  });

  it("UnequalTensorShapesWithPaddingTurnedOff: each is answered, in batches of their own", async () => {
    const { ask, inner } = halfPlusTwo([-1, -1], { maxBatchSize: 2 });
    expect(await Promise.all([ask([1, 2], [2, 4]), ask([1, 3], [6, 8, 10])])).toEqual([
      [3, 4],
      [5, 6, 7],
    ]);
    expect(inner.runs).toEqual([1, 1]);
  });

  it("SingletonBatch", async () => {
    const { ask } = halfPlusTwo([-1], { maxBatchSize: 4, numBatchThreads: 1 });
    expect(await ask([2], [100, 42])).toEqual([52, 23]);
  });

  it("RequestThatDoesntMatchSignatureGetsRunAnyway: a signature that cannot be batched runs at once", async () => {
    const scalar = signature("serving_default", [spec("x", "float32", [])], [spec("y", "float32", [])]);
    const inner = new Doubling({
      signature: scalar,
      answer: (inputs) => new Map([["y", halfPlus(2, inputs.get("x"))]]),
    });
    const { model } = await prepared({ ...DEFAULT_BATCHING, ...WAITS }, { inner });
    expect(model).toBe(inner);
    const outputs = await model.run("serving_default", new Map([["x", floatTensor([], [2])]]));
    expect(floatsOf(outputs.get("y"))).toEqual([3]);
  });

  it("RequestWithIncompatibleInputTensorSizes", async () => {
    const { model } = twoOutputs(WAITS);
    const inputs = new Map([
      ["x", tensor(1)],
      ["x2", tensor(1, 2)],
    ]);
    expect(await why(model.run("serving_default", inputs))).toBe(
      "Batching Run() input tensors must have equal 0th-dimension size",
    );
  });

  it("AllowedBatchSizesNoPaddingNeeded", async () => {
    const { ask, inner } = halfPlusTwo([-1], { maxBatchSize: 4, allowedBatchSizes: [2, 4] });
    expect(await ask([2], [100, 42])).toEqual([52, 23]);
    expect(inner.runs).toEqual([2]);
  });

  it("AllowedBatchSizesRequirePadding", async () => {
    const { ask, inner } = halfPlusTwo([-1], { maxBatchSize: 4, allowedBatchSizes: [1, 3, 4] });
    expect(await ask([2], [100, 42])).toEqual([52, 23]);
    expect(inner.runs).toEqual([3]);
  });

  it("DifferentOrderForInputAndOutputTensors", async () => {
    const { model, inner } = twoOutputs({ ...WAITS, maxBatchSize: 4 });
    const [one, other] = [tensor(8, 6), tensor(100, 42)];
    const answers = await Promise.all([
      model.run(
        "serving_default",
        new Map([
          ["x", one],
          ["x2", other],
        ]),
        ["y", "y3"],
      ),
      model.run(
        "serving_default",
        new Map([
          ["x2", other],
          ["x", one],
        ]),
        ["y3", "y"],
      ),
    ]);
    for (const outputs of answers) {
      expect([floatsOf(outputs.get("y")), floatsOf(outputs.get("y3"))]).toEqual([
        [6, 5],
        [53, 24],
      ]);
    }
    expect(inner.runs).toEqual([4]);
  });

  it("MultipleSignatures, SubsetOutputTensors: each set of outputs has batches of its own", async () => {
    const { model, inner } = twoOutputs({ ...WAITS, maxBatchSize: 2 });
    const inputs = new Map([
      ["x", tensor(8)],
      ["x2", tensor(100)],
    ]);
    const run = (output: string) => model.run("serving_default", inputs, [output]);
    const answers = await Promise.all([run("y"), run("y3"), run("y"), run("y3")]);
    expect(answers.map((outputs) => [...outputs].map(([key, value]) => [key, ...floatsOf(value)]))).toEqual([
      [["y", 6]],
      [["y3", 53]],
      [["y", 6]],
      [["y3", 53]],
    ]);
    expect(inner.runs).toEqual([2, 2]);
  });

  it("EnqueuedLongerThanTimeout: answered when the time is up, and left out of the batch", async () => {
    const { ask, inner, clock } = halfPlusTwo([-1], { batchTimeoutMicros: 10_000, maxBatchSize: 100 });
    const late = new AbortController();
    const first = why(ask([1], [1], late.signal));
    const second = ask([1], [2]);
    await settle();
    late.abort(new Error("Run() timeout exceeded while waiting in batching queue"));
    expect(await first).not.toBe("answered");
    await clock.advance(10);
    expect(await second).toEqual([3]);
    expect(inner.runs).toEqual([1]);
  });

  it("a full queue: requests beyond max_enqueued_batches are refused", async () => {
    const { closed, open } = gate();
    const made = halfPlusTwo([-1], { maxBatchSize: 1, maxEnqueuedBatches: 1 });
    made.inner.gate = closed;
    const first = made.ask([1], [2]);
    await settle();
    const second = made.ask([1], [4]);
    await settle();
    expect(await why(made.ask([1], [6]))).toContain(
      "The batch scheduling queue to which this task was submitted is full",
    );
    open();
    expect(await Promise.all([first, second])).toEqual([[3], [4]]);
  });
});

/** What becomes of a model that is to be batched, and the log. */
async function prepared(
  options: BatchingOptions,
  { inner = new Doubling(), perModel = false, own }: { inner?: Doubling; perModel?: boolean; own?: string },
) {
  const clock = new FakeClock();
  const fileSystem = new MemoryFiles(clock);
  if (own !== undefined) fileSystem.write("/m/1/batching_params.pbtxt", Buffer.from(own));
  const lines: string[] = [];
  const log = (_level: string, line: string): void => void lines.push(line);
  const step = batching({ options, perModel, cores: 1, fileSystem, clock, log });
  return { model: await step(inner, { model: "m", version: 1n, path: "/m/1" }), lines };
}

describe("bundle_factory_util_test", () => {
  const common = { ...DEFAULT_BATCHING, maxBatchSize: 16, allowedBatchSizes: [8, 16] };
  const own =
    "allowed_batch_sizes: 8 allowed_batch_sizes: 16 allowed_batch_sizes: 128 max_batch_size { value: 128 }";

  it("WrapSession, WrapSessionForBatching", async () => {
    expect((await prepared(common, {})).model).toBeInstanceOf(BatchedModel);
  });

  it("WrapSessionForBatchingConfigError", async () => {
    const wrong = "max_batch_size { value: 2 } allowed_batch_sizes: 1 allowed_batch_sizes: 3";
    await expect(prepared(common, { perModel: true, own: wrong })).rejects.toMatchObject({
      code: "BATCHING_ALLOWED_SIZES",
    });
  });

  it("GetPerModelBatchingParams", async () => {
    const upTo = (rows: number) => [expect.stringContaining(`up to ${rows} rows`)];
    expect((await prepared(common, {})).lines).toEqual(upTo(16));
    expect((await prepared(common, { own })).lines).toEqual(upTo(16));
    expect((await prepared(common, { perModel: true, own })).lines).toEqual(upTo(128));
    const without = await prepared(common, { perModel: true });
    expect([without.model instanceof BatchedModel, without.lines]).toEqual([
      false,
      [expect.stringContaining("it has no batching_params.pbtxt")],
    ]);
  });
});
