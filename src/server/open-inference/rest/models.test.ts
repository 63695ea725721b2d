import { describe, expect, it } from "vitest";
import { Problem } from "../../../core/errors.ts";
import { signature, spec } from "../../testing/half-plus-two.ts";
import { openInferenceServer } from "../../testing/open-inference.ts";
import { openInference } from "../protocol.ts";

const SIGNATURE = signature(
  "serving_default",
  [spec("x", "float32", [-1, 2])],
  [spec("y", "float32", [-1, 2]), spec("z", "complex64", [-1])],
);
const server = await openInferenceServer([SIGNATURE]);
const BODY = {
  inputs: [{ name: "x", shape: [2, 2], datatype: "FP32", data: [1, 2, 3, 4] }],
  outputs: [{ name: "y" }],
};

describe("the server's addresses", () => {
  it("tell what it is and whether it can be asked", async () => {
    const [status, metadata] = await server.json("/v2");
    expect([status, metadata]).toMatchObject([200, { name: "torchferry", version: "1.2.3" }]);
    expect(await server.json("/v2/")).toEqual([status, metadata]);
    expect(await server.json("/v2/health/live")).toEqual([200, { live: true }]);
    expect(await server.json("/v2/health/ready?x=1")).toEqual([200, { ready: true }]);
    expect(await server.json("/v2/models")).toEqual([200, { models: ["m"] }]);
  });

  it("say 503 while it drains", async () => {
    const draining = await openInferenceServer([SIGNATURE]);
    draining.context.health.set("draining");
    expect(await draining.json("/v2/health/ready")).toEqual([503, { ready: false }]);
    expect(await draining.json("/v2/health/live")).toEqual([200, { live: true }]);
  });

  it("are no others, and are asked by their method", async () => {
    expect((await server.json("/v2/nothing"))[0]).toBe(404);
    expect((await server.json("/v2/models/m/versions/5/config/more"))[0]).toBe(404);
    expect((await server.json("/v2/models/%ff"))[0]).toBe(404);
    expect((await server.rest({ url: "/v2/models/m/infer" })).status).toBe(405);
    expect((await server.rest({ url: "/v2", method: "DELETE" })).status).toBe(405);
    expect((await server.rest({ url: "/v2/health/live", method: "HEAD" })).status).toBe(200);
  });
});

describe("a model's addresses", () => {
  it("tell its tensors, and the versions that can be asked", async () => {
    const metadata = {
      name: "m",
      versions: ["3", "5"],
      platform: "onnx_onnxv1",
      inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
      outputs: [
        { name: "y", datatype: "FP32", shape: [-1, 2] },
        { name: "z", datatype: "DT_COMPLEX64", shape: [-1] },
      ],
    };
    expect(await server.json("/v2/models/m")).toEqual([200, metadata]);
    expect(await server.json("/v2/models/m/versions/3")).toEqual([200, metadata]);
    expect(await server.json("/v2/models/m/ready")).toEqual([200, { name: "m", ready: true }]);
    expect((await server.json("/v2/models/m/versions/4/ready"))[0]).toBe(404);
    expect((await server.json("/v2/models/z"))[0]).toBe(404);
  });

  it("tell its configuration, with the batch apart", async () => {
    const [, config] = await server.json("/v2/models/m/config");
    expect(config).toMatchObject({
      max_batch_size: 2147483647,
      input: [{ name: "x", data_type: "TYPE_FP32", dims: [2], optional: false }],
      output: [{ dims: [2] }, { data_type: "TYPE_INVALID", dims: [] }],
    });
  });

  it("count what was asked, by version and batch size", async () => {
    expect((await server.json("/v2/models/m/infer", BODY))[0]).toBe(200);
    expect((await server.json("/v2/models/m/infer", BODY))[0]).toBe(200);
    const [, all] = await server.json("/v2/models/stats");
    expect(all).toMatchObject({
      model_stats: [
        { name: "m", version: "3", inference_count: 0, execution_count: 0, batch_stats: [] },
        {
          name: "m",
          version: "5",
          inference_count: 4,
          execution_count: 2,
          inference_stats: { success: { count: 2 }, fail: { count: 0, ns: 0 }, compute_infer: { count: 2 } },
          batch_stats: [{ batch_size: 2, compute_infer: { count: 2 } }],
        },
      ],
    });
    const [, one] = await server.json("/v2/models/m/versions/3/stats");
    expect((one as { model_stats: unknown[] }).model_stats).toHaveLength(1);
    expect((await server.json("/v2/models/z/stats"))[0]).toBe(404);
  });

  it("do not answer what the protocol has no datatype for", async () => {
    const [status, answer] = await server.json("/v2/models/m/infer", { ...BODY, outputs: [{ name: "z" }] });
    expect(status).toBe(500); // this engine brings one output alone
    expect(answer).toHaveProperty("error");
  });
});

describe("the repository's addresses", () => {
  it("list versions with their states", async () => {
    const index = [3, 5].map((version) => ({ name: "m", version: `${version}`, state: "READY", reason: "" }));
    expect(await server.json("/v2/repository/index", "")).toEqual([200, index]);
    expect(await server.json("/v2/repository/index", { ready: true })).toEqual([200, index]);
    expect((await server.json("/v2/repository/index", "[".repeat(250_000)))[0]).toBe(400);
  });

  it("load and unload, and say why they cannot", async () => {
    const asked: string[] = [];
    const act = async (model: string): Promise<Problem | undefined> => {
      asked.push(model);
      return model === "bad" ? new Problem("OIP_LOAD_FAILED", { model, reasons: "it is broken" }) : undefined;
    };
    const { context } = server;
    const protocol = openInference({ ...context, repository: { load: act, unload: act } });
    const [route] = protocol.admin.rest;
    const post = async (url: string, text = "{}") => {
      const request = { method: "POST", url, header: () => undefined, body: [Buffer.from(text)] };
      const answer = await route?.handle(request);
      return [answer?.status, Buffer.concat([...(answer?.body ?? [])]).toString()];
    };
    expect(await post("/v2/repository/models/a%20b/load")).toEqual([200, ""]);
    expect(await post("/v2/repository/models/m/unload", "")).toEqual([200, ""]);
    expect(await post("/v2/repository/models/bad/load")).toEqual([
      400,
      '{"error":"failed to load \'bad\', it is broken"}',
    ]);
    expect((await post("/v2/repository/models/m/load", '{"parameters":{"config":"{}"}}'))[0]).toBe(501);
    expect(asked).toEqual(["a b", "m", "bad"]);
    expect(protocol.serving.rest.some((one) => one.serves("/v2/repository/models/m/load", "POST"))).toBe(
      false,
    );
  });
});
