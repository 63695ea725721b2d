import { describe, expect, it } from "vitest";
import { Problem } from "../../core/errors.ts";
import { Manager } from "../manager/manager.ts";
import { floatTensor } from "../testing/example-model.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { halfPlusTwo } from "../testing/half-plus-two.ts";
import { predict } from "./predict.ts";
import type { PredictionEvent } from "./prediction-event.ts";

/** What is told of one prediction of `x / 2 + 2`, whose run takes `runMs`. */
async function told(input: string, runMs = 0): Promise<PredictionEvent> {
  const events: PredictionEvent[] = [];
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, runMs));
  const models = new Manager({
    engine: halfPlusTwo({ onRun: pause }),
    clock: new FakeClock(),
    log: () => undefined,
    models: ["m"],
  });
  models.watchPredictions((event) => events.push(event));
  models.setAspired("m", [{ version: 7n, path: "/m/7" }]);
  await models.available();
  const handle = models.acquire({ name: "m" });
  const signature = handle instanceof Problem ? undefined : handle.loaded.signatures.get("serving_default");
  if (handle instanceof Problem || !signature) throw new Error("there is no model");
  await predict(
    handle,
    { signature, inputs: new Map([[input, floatTensor([2, 1], [1, 2])]]), outputFilter: [] },
    {},
  );
  const [event] = events;
  if (!event || events.length > 1) throw new Error(`told ${events.length} times`);
  return event;
}

describe("what is told of a prediction", () => {
  it("names the version and the rows, and its parts make up the total", async () => {
    const { times, ...event } = await told("x", 20);
    expect(event).toEqual({
      model: "m",
      version: 7n,
      signature: "serving_default",
      rows: 2,
      problem: undefined,
      batch: undefined,
    });
    const { total, queue, input, infer, output } = times;
    expect(infer).toBeGreaterThan(15e6);
    expect(Math.abs(total - queue - input - infer - output)).toBeLessThan(100_000);
  });

  it("tells why it was refused, and that nothing ran", async () => {
    const { problem, times } = await told("z");
    expect(problem?.code).toBe("INPUT_MISSING");
    expect([times.queue, times.infer, times.output]).toEqual([0, 0, 0]);
  });
});
