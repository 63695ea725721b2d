import { describe, expect, it } from "vitest";
import { problem } from "../../core/errors.ts";
import { Manager } from "../manager/manager.ts";
import { EXAMPLE_MODEL } from "../testing/example-model.ts";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import { type FakeOptions, halfPlusTwo } from "../testing/half-plus-two.ts";
import { rest } from "../testing/model-server.ts";
import { Metrics } from "./metrics.ts";
import { metricsProtocol } from "./metrics-protocol.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { metricsText } from "./text-format.ts";

const PATH = "/monitoring/prometheus/metrics";

/** A server with model m, versions 1 and 2, whose metrics are read as lines. */
async function measured(options: FakeOptions = {}) {
  const requestLog = { counts: { written: 5, dropped: 1, failed: 0 } };
  const metrics: Metrics = new Metrics({ models: () => models, inFlight: () => 3, requestLog });
  const models: Manager = new Manager({
    engine: metrics.models.counted(halfPlusTwo(options)),
    clock: new FakeClock(),
    log: () => undefined,
    models: ["m"],
  });
  models.watchPredictions(metrics.predicted);
  models.setAspired(
    "m",
    [1n, 2n].map((version) => ({ version, path: `/m/${version}` })),
  );
  await models.available();
  await settle();
  const [route] = metricsProtocol(PATH, metrics).serving.rest;
  if (!route) throw new Error("there is no route");
  const page = async (url: string): Promise<readonly [number, string]> => {
    const { status, body } = await route.handle({ method: "GET", url, header: () => undefined, body: [] });
    return [status, Buffer.concat([...body]).toString()];
  };
  const post = (url: string, body?: string) =>
    rest({ models, requests: metrics.requests }, { url, ...(body === undefined ? {} : { body }) });
  const preflight = (origin: string) =>
    rest(
      { models, requests: metrics.requests },
      { method: "OPTIONS", url: "/v1/models/m", headers: { origin } },
    );
  const lines = async (name: string): Promise<string[]> => {
    const [, text] = await page(PATH);
    return text.split("\n").filter((line) => line.startsWith(`${name}{`));
  };
  return { metrics, route, page, post, preflight, lines };
}

describe("requests over REST", () => {
  it("count by model and status, as TensorFlow Serving's do", async () => {
    const { post, preflight, lines } = await measured();
    await post("/v1/models/m:predict", '{"instances": [[1], [2]]}');
    await post("/v1/models/m:predict", '{"instances": [["a"]]}');
    await post("/v1/models/m:predict", "{}");
    await post("/v1/models/n:predict", '{"instances": [[1]]}');
    await post("/v1/models/m");
    await post("/v1/models/m/versions/99999999999999999999:predict", "{}");
    await post("/v1/nothing");
    await preflight("https://a.example");
    await preflight("");
    expect(await lines(":tensorflow:serving:request_count")).toEqual([
      ':tensorflow:serving:request_count{model_name="m",status="OK"} 2',
      ':tensorflow:serving:request_count{model_name="m",status="INVALID_ARGUMENT"} 3',
      ':tensorflow:serving:request_count{model_name="n",status="NOT_FOUND"} 1',
      ':tensorflow:serving:request_count{model_name="",status="OK"} 1',
      ':tensorflow:serving:request_count{model_name="",status="INVALID_ARGUMENT"} 1',
      ':tensorflow:serving:request_count{model_name="",status="FAILED_PRECONDITION"} 1',
    ]);
    expect(await lines(":tensorflow:serving:request_latency_count")).toEqual([
      ':tensorflow:serving:request_latency_count{model_name="m",API="predict",entrypoint="REST"} 1',
      ':tensorflow:serving:request_latency_count{model_name="m",API="",entrypoint="REST"} 1',
      ':tensorflow:serving:request_latency_count{model_name="",API="",entrypoint="REST"} 1',
    ]);
    expect(await lines(":tensorflow:serving:runtime_latency_count")).toEqual([
      ':tensorflow:serving:runtime_latency_count{model_name="m",API="Predict",runtime="TF1"} 1',
    ]);
  });

  it("tell classifications from predictions", async () => {
    const { post, lines } = await measured(EXAMPLE_MODEL);
    await post("/v1/models/m:regress", '{"signature_name": "regress_x_to_y", "examples": [{"x": 2.5}]}');
    expect(await lines(":tensorflow:serving:runtime_latency_count")).toEqual([
      ':tensorflow:serving:runtime_latency_count{model_name="m",API="Regress",runtime="TF1"} 1',
    ]);
  });
});

describe("predictions", () => {
  it("are told by version and signature", async () => {
    const { post, lines } = await measured();
    await post("/v1/models/m:predict", '{"instances": [[1], [2]]}');
    await post("/v1/models/m/versions/1:predict", '{"signature_name": "with_version", "instances": [[1]]}');
    await post("/v1/models/m:predict", '{"instances": {"z": 1}}');
    const two = 'model="m",version="2",signature="serving_default"';
    const one = 'model="m",version="1",signature="with_version"';
    expect((await lines("torchferry_predictions_total")).sort()).toEqual([
      `torchferry_predictions_total{${one},status="OK"} 1`,
      `torchferry_predictions_total{${two},status="OK"} 1`,
    ]);
    expect(await lines("torchferry_request_rows_sum")).toContain(`torchferry_request_rows_sum{${two}} 2`);
    expect(await lines("torchferry_requests_in_flight")).toEqual(["torchferry_requests_in_flight{} 3"]);
    expect(await lines("torchferry_request_log_records_total")).toContain(
      'torchferry_request_log_records_total{result="dropped"} 1',
    );
  });
});

describe("batches", () => {
  it("are TensorFlow Serving's by pool, and ours by version", async () => {
    const { metrics, lines } = await measured();
    const place = { model: "m", version: 2n, path: "/m/2" };
    const listener = metrics.batches.listeners(place, "s", "pool");
    for (const rows of [1, 2]) listener.arrived(rows);
    listener.waited(0.15);
    listener.runs(3, 4);
    const names = ["queuing_latency_sum", "wrapped_run_count", "padding_size_sum", "input_batch_size_count"];
    const found = await Promise.all(
      names.map((name) => lines(`:tensorflow:serving:batching_session:${name}`)),
    );
    expect(found.flat().map((line) => line.replace(":tensorflow:serving:batching_session:", ""))).toEqual([
      'queuing_latency_sum{thread_pool_name="pool"} 150',
      "wrapped_run_count{} 1",
      'padding_size_sum{execution_batch_size="4"} 1',
      "input_batch_size_count{} 2",
    ]);
    expect(await lines("torchferry_batch_padding_rows_total")).toEqual([
      'torchferry_batch_padding_rows_total{model="m",version="2",signature="s"} 1',
    ]);
  });
});

describe("models", () => {
  it("have a state, and their loads are counted", async () => {
    const { lines } = await measured();
    expect((await lines("torchferry_model_state")).sort()).toEqual([
      'torchferry_model_state{model="m",version="1",state="AVAILABLE"} 1',
      'torchferry_model_state{model="m",version="2",state="AVAILABLE"} 1',
    ]);
    expect(await lines(":tensorflow:cc:saved_model:load_attempt_count")).toEqual([
      ':tensorflow:cc:saved_model:load_attempt_count{model_path="/m/2",status="success"} 1',
      ':tensorflow:cc:saved_model:load_attempt_count{model_path="/m/1",status="success"} 1',
    ]);
  });

  it("that fail are counted too", async () => {
    const { metrics } = await measured();
    const broken = metrics.models.counted(halfPlusTwo({ onLoad: () => Promise.reject(new Error("no")) }));
    await expect(broken.load("/x/1")).rejects.toThrow("no");
    expect([...metricsText(metrics.families())].join("")).toContain('{model_path="/x/1",status="fail"} 1');
  });
});

describe("the page", () => {
  it("is at its path alone", async () => {
    const { page, route } = await measured();
    expect(route.serves(PATH, "GET")).toBe(true);
    expect(route.serves(`${PATH}/x`, "GET")).toBe(false);
    expect(await page(`${PATH}?a=1`)).toEqual([400, `Unexpected path: ${PATH}?a=1. Should be ${PATH}`]);
    const [status, text] = await page(PATH);
    expect(status).toBe(200);
    for (const line of text.trimEnd().split("\n")) {
      expect(line).toMatch(
        /^(# (TYPE|HELP) [a-z_:]\w*[\w:]* .+|[\w:]+\{.*\} (-?[\d.]+(e[+-]?\d+)?|\+Inf|NaN))$/,
      );
    }
  });
});

describe("names that clients make up", () => {
  it("are counted together past a limit", () => {
    const requests = new RequestMetrics();
    for (let at = 0; at < 1500; at++) requests.answered(3, `made-up-${at}`, 5, 1);
    const [counts] = requests.families();
    const samples = [...(counts?.samples() ?? [])];
    expect(samples).toHaveLength(1001);
    expect(samples.at(-1)).toEqual({
      labels: [
        ["model_name", "(other)"],
        ["status", "NOT_FOUND"],
      ],
      value: 500,
    });
  });
});

describe("a prediction that fails", () => {
  it("counts by its status, without a run", () => {
    const metrics = new Metrics({ models: () => unused(), inFlight: () => 0 });
    const times = { total: 1, queue: 0, input: 0, infer: 0, output: 0 };
    const event = { model: "m", version: 1n, signature: "s", rows: 1, times, batch: undefined };
    metrics.predicted({ ...event, problem: problem("PREDICT_TIMED_OUT", {}) });
    const text = [...metricsText(metrics.requests.families())].join("");
    expect(text).not.toContain("runtime_latency_count");
  });
});

function unused(): never {
  throw new Error("the models are not asked");
}
