// The whole server with --enable_batching and a monitoring file: joined runs, late requests, and what is counted.
import { afterEach, describe, expect, it } from "vitest";
import { DEFAULT_BATCHING } from "../configuration/batching-parameters.ts";
import { type FakeOptions, HALF_PLUS_TWO, halfPlusTwo } from "../testing/half-plus-two.ts";
import { makeBase } from "../testing/version-directories.ts";
import { type ServeOptions, startServer } from "./start-server.ts";

const PATH = "/monitoring/prometheus/metrics";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server of model `half` that batches and counts. */
async function start(engine: FakeOptions, batchTimeoutMicros: number, more: Partial<ServeOptions> = {}) {
  const server = await startServer({
    models: [{ name: "half", basePath: makeBase(1) }],
    restApiPort: 0,
    host: "127.0.0.1",
    engine: halfPlusTwo({ signatures: HALF_PLUS_TWO.slice(0, 1), ...engine }),
    log: () => undefined,
    batching: { options: { ...DEFAULT_BATCHING, batchTimeoutMicros }, perModel: false },
    monitoring: { prometheusPath: PATH },
    ...more,
  });
  cleanups.push(() => server.drain());
  await server.available;
  const url = `http://127.0.0.1:${server.restPort}`;
  const predict = async (value: number): Promise<string> => {
    const body = JSON.stringify({ instances: [[value]] });
    const answer = await fetch(`${url}/v1/models/half:predict`, { method: "POST", body });
    return (await answer.text()).replace(/\s/g, "");
  };
  const lines = async (name: string): Promise<string[]> => {
    const text = await (await fetch(`${url}${PATH}`)).text();
    return text.split("\n").filter((line) => line.startsWith(`${name}{`));
  };
  return { predict, lines };
}

const LABELS = 'model="half",version="1",signature="serving_default"';

describe("a server that batches", () => {
  it("answers each client its own rows out of few runs, and counts both", async () => {
    const { predict, lines } = await start({}, 50_000);
    const values = Array.from({ length: 40 }, (_, at) => at);
    const answers = await Promise.all(values.map(predict));
    expect(answers.map((text) => JSON.parse(text).predictions[0][0])).toEqual(values.map((x) => x / 2 + 2));
    expect(await lines("torchferry_batch_rows_sum")).toEqual([`torchferry_batch_rows_sum{${LABELS}} 40`]);
    const [runs = ""] = await lines(":tensorflow:serving:batching_session:wrapped_run_count");
    expect(Number(runs.split(" ")[1])).toBeLessThan(20);
    expect(await lines(":tensorflow:serving:request_count")).toEqual([
      ':tensorflow:serving:request_count{model_name="half",status="OK"} 40',
    ]);
  });

  it("answers late requests in time, and does not run them", async () => {
    const { predict, lines } = await start({}, 400_000, { restApiTimeoutMs: 50 });
    const began = performance.now();
    expect(await predict(1)).toBe('{"error":"Timedoutwaitingfornotification"}');
    expect(performance.now() - began).toBeLessThan(350);
    await new Promise((resolve) => setTimeout(resolve, 450));
    expect(await lines(":tensorflow:serving:batching_session:wrapped_run_count")).toEqual([
      ":tensorflow:serving:batching_session:wrapped_run_count{} 0",
    ]);
    expect(await lines("torchferry_predictions_total")).toEqual([
      `torchferry_predictions_total{${LABELS},status="DEADLINE_EXCEEDED"} 1`,
    ]);
  });
});
