import { describe, expect, it } from "vitest";
import type { RunBatch } from "../../engine/engine.ts";
import { Doubling, floatsOf, gate, joined } from "../testing/batched-doubling.ts";
import { floatTensor } from "../testing/example-model.ts";
import { settle } from "../testing/fake-clock.ts";
import { signature, spec } from "../testing/half-plus-two.ts";

const LONG = { batchTimeoutMicros: 1_000_000 };
const caught = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "answered",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe("requests that run together", () => {
  it("are those of one turn, without a timeout", async () => {
    const inner = new Doubling();
    const { ask } = joined(inner);
    const answers = await Promise.all([ask([1, 2], [1, 2]), ask([2, 2], [3, 4, 5, 6]), ask([1, 2], [7, 8])]);
    expect(answers).toEqual([
      [2, 4],
      [6, 8, 10, 12],
      [14, 16],
    ]);
    expect(inner.runs).toEqual([4]);
  });

  it("wait for others as long as the timeout says, and no longer", async () => {
    const inner = new Doubling();
    const { ask, clock } = joined(inner, { batchTimeoutMicros: 2000 });
    const first = ask([1, 1], [1]);
    await clock.advance(1);
    const second = ask([1, 1], [2]);
    await settle();
    expect(inner.runs).toEqual([]);
    await clock.advance(1);
    expect(await Promise.all([first, second])).toEqual([[2], [4]]);
    expect(inner.runs).toEqual([2]);
  });

  it("run at once when the batch is full, and those that do not fit begin the next", async () => {
    const inner = new Doubling();
    const { ask, clock } = joined(inner, { ...LONG, maxBatchSize: 3 });
    const early = [ask([2, 1], [1, 2]), ask([2, 1], [3, 4])];
    expect(await early[0]).toEqual([2, 4]);
    expect(inner.runs).toEqual([2]);
    const last = ask([1, 1], [5]);
    expect(await Promise.all([early[1], last])).toEqual([[6, 8], [10]]);
    expect(inner.runs).toEqual([2, 3]);
    expect(clock.pending).toBe(0);
  });

  it("grow while no thread is free", async () => {
    const inner = new Doubling();
    const { closed, open } = gate();
    inner.gate = closed;
    const { ask } = joined(inner);
    const first = ask([1, 1], [1]);
    await settle();
    const later = [ask([1, 1], [2])];
    await settle();
    later.push(ask([1, 1], [3]));
    await settle();
    open();
    expect(await Promise.all([first, ...later])).toEqual([[2], [4], [6]]);
    expect(inner.runs).toEqual([1, 2]);
  });

  it("have rows of one shape; others wait beside them, and none fails", async () => {
    const inner = new Doubling();
    const { ask } = joined(inner);
    const answers = await Promise.all([ask([1, 2], [1, 2]), ask([1, 1], [3]), ask([1, 2], [4, 5])]);
    expect(answers).toEqual([[2, 4], [6], [8, 10]]);
    expect(inner.runs.sort()).toEqual([1, 2]);
  });

  it("want the same outputs", async () => {
    const inner = new Doubling();
    const { model } = joined(inner);
    const inputs = new Map([["x", floatTensor([1, 1], [3])]]);
    const [all, only] = await Promise.all([
      model.run("serving_default", inputs),
      model.run("serving_default", inputs, ["z"]),
      model.run("serving_default", inputs, ["z"]),
    ]);
    expect([...all.keys()]).toEqual(["y", "z"]);
    expect([...only.keys()]).toEqual(["z"]);
    expect(floatsOf(only.get("z"))).toEqual([3]);
    expect(inner.runs.sort()).toEqual([1, 2]);
  });

  it("are told of the run that they share", async () => {
    const { model } = joined(new Doubling());
    const told: (RunBatch | undefined)[] = [];
    const run = (value: number): Promise<unknown> =>
      model.run("serving_default", new Map([["x", floatTensor([1, 1], [value])]]), [], {
        onStart: (batch) => told.push(batch),
      });
    await Promise.all([run(1), run(2)]);
    expect(told).toEqual([{ rows: 2 }, { rows: 2 }]);
    expect(told[0]).toBe(told[1]);
  });
});

describe("padding", () => {
  it("fills a batch up to the next allowed size with rows that nobody gets", async () => {
    const seen: number[][] = [];
    const inner = new Doubling({ onRun: (x) => void seen.push([...x]) });
    const { ask } = joined(inner, { maxBatchSize: 8, allowedBatchSizes: [4, 8] });
    expect(await Promise.all([ask([1, 1], [1]), ask([2, 1], [2, 3])])).toEqual([[2], [4, 6]]);
    expect(seen).toEqual([[1, 2, 3, 2]]);
  });

  it("makes rows as long as the longest with the tensor's own first element", async () => {
    const seen: number[][] = [];
    const inner = new Doubling({ onRun: (x) => void seen.push([...x]) });
    const { ask } = joined(inner, { padVariableLengthInputs: true });
    const answers = await Promise.all([ask([1, 3], [1, 2, 3]), ask([2, 1], [8, 9])]);
    expect(seen).toEqual([[1, 2, 3, 8, 8, 8, 9, 8, 8]]);
    expect(answers).toEqual([
      [2, 4, 6],
      [16, 16, 16, 18, 16, 16],
    ]);
  });

  it("leaves axes alone that the signature fixes", async () => {
    const fixed = signature(
      "serving_default",
      [spec("x", "float32", [-1, 2])],
      [spec("y", "float32", [-1, 2])],
    );
    const inner = new Doubling({
      signature: fixed,
      onRun: (_, shape) => {
        if (shape[1] !== 2) throw new Error("the engine wants two");
      },
    });
    const { ask } = joined(inner, { padVariableLengthInputs: true });
    const [good, bad] = await Promise.all([ask([1, 2], [1, 2]), caught(ask([1, 1], [3]))]);
    expect([good, bad]).toEqual([[2, 4], "the engine wants two"]);
  });
});

describe("what is refused", () => {
  const two = signature(
    "serving_default",
    [spec("x", "float32", [-1, -1]), spec("w", "float32", [-1])],
    [spec("y", "float32", [-1, -1])],
  );
  const run = (x: readonly number[], w: readonly number[]): Promise<string> => {
    const size = (shape: readonly number[]): number[] => new Array(shape.reduce((a, b) => a * b, 1)).fill(1);
    const { model } = joined(new Doubling({ signature: two }), { maxBatchSize: 2 });
    const inputs = new Map([
      ["x", floatTensor(x, size(x))],
      ["w", floatTensor(w, size(w))],
    ]);
    return caught(model.run("serving_default", inputs));
  };

  it("a scalar, sizes that differ, and more rows than a batch may have", async () => {
    expect(await run([1, 1], [])).toBe("Batching Run() input tensors must have at least one dimension");
    expect(await run([1, 1], [2])).toBe("Batching Run() input tensors must have equal 0th-dimension size");
    expect(await run([3, 1], [3])).toBe("Task size 3 is larger than maximum input batch size 2");
  });

  it("what finds the queue full", async () => {
    const inner = new Doubling();
    const { closed, open } = gate();
    inner.gate = closed;
    const { ask } = joined(inner, { maxBatchSize: 2, maxEnqueuedBatches: 2 });
    const waiting = [ask([2, 1], [1, 1])];
    await settle(); // runs, and holds the only thread
    for (let at = 0; at < 2; at++) waiting.push(ask([2, 1], [at, at]));
    const text = await caught(ask([1, 1], [9]));
    expect(text).toBe(
      "The batch scheduling queue to which this task was submitted is full; currently 2 batches enqueued and max_enqueued_batches is 2",
    );
    expect(await caught(ask([1, 2], [9, 9]))).toBe(text);
    open();
    expect(await Promise.all(waiting)).toHaveLength(3);
  });

  it("what finds too little room, where requests are split", async () => {
    const inner = new Doubling();
    const { closed, open } = gate();
    inner.gate = closed;
    const options = { maxBatchSize: 9, maxExecutionBatchSize: 2, maxEnqueuedBatches: 2 };
    const { ask } = joined(inner, { ...options, enableLargeBatchSplitting: true });
    const first = ask([1, 1], [1]);
    await settle();
    const second = ask([1, 1], [2]);
    expect(await caught(ask([4, 1], [1, 2, 3, 4]))).toBe(
      "The batch scheduling queue to which this task was submitted is full; task size is 4 but scheduling capacity is only 3 (num_enqueued_batches=1, max_enqueued_batches=2, open_batch_size=1, max_execution_batch_size=2)",
    );
    open();
    expect(await Promise.all([first, second])).toEqual([[2], [4]]);
  });
});

describe("a request of many rows", () => {
  it("is split over batches, and its outputs are put together again", async () => {
    const inner = new Doubling();
    const options = { maxBatchSize: 9, maxExecutionBatchSize: 3, enableLargeBatchSplitting: true };
    const { ask } = joined(inner, options, { threads: 2 });
    const answers = await Promise.all([ask([2, 1], [1, 2]), ask([5, 1], [3, 4, 5, 6, 7]), ask([1, 1], [8])]);
    expect(answers).toEqual([[2, 4], [6, 8, 10, 12, 14], [16]]);
    expect(inner.runs).toEqual([3, 3, 2]);
  });
});

describe("a request without rows", () => {
  it("runs alone", async () => {
    const inner = new Doubling();
    const { ask } = joined(inner);
    expect(await Promise.all([ask([0, 2], []), ask([1, 2], [1, 2])])).toEqual([[], [2, 4]]);
    expect(inner.runs).toEqual([0, 1]);
  });
});

describe("a run that fails", () => {
  it("fails those alone that are to blame, each with its own error", async () => {
    const inner = new Doubling({
      onRun: (x) => {
        const bad = x.find((value) => value < 0);
        if (bad !== undefined) throw new Error(`no ${bad}`);
      },
    });
    const { ask } = joined(inner, { maxBatchSize: 8, allowedBatchSizes: [8] });
    const values = [1, -2, 3, 4, -5];
    const answers = await Promise.all(values.map((value) => ask([1, 1], [value]).then(String, String)));
    expect(answers).toEqual(["2", "Error: no -2", "6", "8", "Error: no -5"]);
  });

  it("is not repeated for a request that ran alone", async () => {
    const inner = new Doubling({
      onRun: () => {
        throw new Error("no");
      },
    });
    expect(await caught(joined(inner).ask([1, 1], [1]))).toBe("no");
    expect(inner.runs).toEqual([1]);
  });

  it("fails a split request once", async () => {
    const inner = new Doubling({
      onRun: (x) => {
        if (x.includes(4)) throw new Error("no 4");
      },
    });
    const options = { maxBatchSize: 9, maxExecutionBatchSize: 2, enableLargeBatchSplitting: true };
    const { ask } = joined(inner, options);
    const [split, good] = await Promise.all([caught(ask([5, 1], [1, 2, 3, 4, 5])), ask([1, 1], [6])]);
    expect([split, good]).toEqual(["no 4", [12]]);
  });
});

describe("outputs that do not have the inputs' rows", () => {
  it("are asked for one by one, and from then on nothing is joined", async () => {
    const once = (): Map<string, ReturnType<typeof floatTensor>> =>
      new Map([["y", floatTensor([1, 1], [7])]]);
    const inner = new Doubling({ answer: once });
    const { ask, misfits } = joined(inner);
    expect(await Promise.all([ask([1, 1], [1]), ask([1, 1], [2])])).toEqual([[7], [7]]);
    expect(misfits).toEqual([
      "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input tensors",
    ]);
    await Promise.all([ask([1, 1], [1]), ask([1, 1], [2])]);
    expect(inner.runs).toEqual([2, 1, 1, 1, 1]);
  });
});

describe("whoever gives up", () => {
  it("is answered at once and leaves its batch before that runs", async () => {
    const inner = new Doubling();
    const { ask, clock } = joined(inner, LONG);
    const late = new AbortController();
    const gone = caught(ask([1, 1], [1], late.signal));
    const stays = ask([1, 1], [2]);
    late.abort();
    expect(await gone).toBe("m: the run was stopped by its caller");
    await clock.advance(1000);
    expect(await stays).toEqual([4]);
    expect(inner.runs).toEqual([1]);
  });

  it("leaves no batch behind", async () => {
    const inner = new Doubling();
    const { ask, clock } = joined(inner, LONG);
    const late = new AbortController();
    const gone = caught(ask([1, 1], [1], late.signal));
    late.abort();
    await gone;
    expect(clock.pending).toBe(0);
    await clock.advance(1000);
    expect(inner.runs).toEqual([]);
  });
});

describe("close", () => {
  it("forgets no batch, however many wait", async () => {
    const inner = new Doubling();
    const { ask, model } = joined(inner, LONG, { threads: 8 });
    const answers = [1, 2, 3, 4].map((width) => ask([1, width], new Array(width).fill(width)));
    await model.close();
    expect((await Promise.all(answers)).map((answer) => answer[0])).toEqual([2, 4, 6, 8]);
  });

  it("lets what waits run at once, and waits for it", async () => {
    const inner = new Doubling();
    const { ask, model } = joined(inner, LONG);
    const answers = [ask([1, 1], [1]), ask([1, 1], [2])];
    await model.close();
    expect(await Promise.all(answers)).toEqual([[2], [4]]);
    expect(inner.isClosed).toBe(true);
  });
});
