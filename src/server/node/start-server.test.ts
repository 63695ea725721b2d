import { Agent, request } from "node:http";
import { gzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "vitest";
import {
  PredictRequestSchema,
  PredictResponseSchema,
} from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { FerryError } from "../../core/errors.ts";
import { GrpcClient } from "../testing/grpc-client.ts";
import { type FakeOptions, halfPlusTwo } from "../testing/half-plus-two.ts";
import { makeBase, writeVersion } from "../testing/version-directories.ts";
import { type RunningServer, type ServeOptions, startServer } from "./start-server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(base: string, engine: FakeOptions = {}, more: Partial<ServeOptions> = {}) {
  const lines: string[] = [];
  const server = await startServer({
    models: [{ name: "half", basePath: base }],
    port: 0,
    restApiPort: 0,
    host: "127.0.0.1",
    fileSystemPollWaitSeconds: 0.1,
    engine: halfPlusTwo(engine),
    log: (_level, message) => lines.push(message),
    ...more,
  });
  cleanups.push(() => server.drain());
  return { server, lines };
}

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

function http(
  server: RunningServer,
  path: string,
  body?: string | Uint8Array,
  options: object = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const call = request(
      { port: server.restPort, host: "127.0.0.1", path, method, ...options },
      (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(parts).toString();
          resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers });
        });
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}

const predictRequest = (values: readonly number[], signatureName = "with_version"): Uint8Array =>
  toBinary(
    PredictRequestSchema,
    create(PredictRequestSchema, {
      modelSpec: { name: "half", signatureName },
      inputs: {
        x: { dtype: 1, tensorShape: { dim: [{ size: BigInt(values.length) }] }, floatVal: [...values] },
      },
    }),
  );

const PREDICT = "/v1/models/half:predict";

describe("a server", () => {
  it("answers over both protocols, and says where", async () => {
    const { server, lines } = await start(makeBase(1));
    await server.available;
    const answer = await http(server, PREDICT, '{"instances": [1.0, 2.0, 5.0]}');
    expect(answer.body).toBe('{\n    "predictions": [2.5, 3.0, 4.5\n    ]\n}');
    expect(answer.headers).toMatchObject({ "content-type": "application/json", "content-length": "43" });
    const client = new GrpcClient(server.grpcPort ?? 0);
    const reply = await client.call("PredictionService/Predict", predictRequest([1, 2]));
    expect(fromBinary(PredictResponseSchema, reply.body ?? new Uint8Array(0)).outputs["y"]?.floatVal).toEqual(
      [2.5, 3],
    );
    await client.close();
    expect(lines).toEqual([
      `Running gRPC ModelServer at 127.0.0.1:${server.grpcPort} ...`,
      `Exporting HTTP/REST API at:localhost:${server.restPort} ...`,
      "Successfully loaded servable version {name: half version: 1}",
    ]);
  });

  it("opens its ports before models are loaded, and tells their status", async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { server } = await start(makeBase(1), { onLoad: () => opened });
    const state = async (): Promise<unknown> =>
      JSON.parse((await http(server, "/v1/models/half")).body).model_version_status?.[0]?.state;
    while ((await state()) !== "LOADING") await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await http(server, PREDICT, '{"instances":[1]}')).status).toBe(404);
    open();
    await server.available;
    expect(await state()).toBe("AVAILABLE");
  });

  it("sends answers of any size, to clients that read slowly too", async () => {
    const { server } = await start(makeBase(1));
    await server.available;
    const values = Array.from({ length: 200_000 }, (_, index) => index / 7);
    const answer = await http(server, PREDICT, JSON.stringify({ instances: values }));
    const { predictions } = JSON.parse(answer.body) as { predictions: number[] };
    expect(predictions.map(Math.fround)).toEqual(
      values.map((value) => Math.fround(Math.fround(value) / 2 + 2)),
    );
    const client = new GrpcClient(server.grpcPort ?? 0);
    const reply = await client.call("PredictionService/Predict", predictRequest(values, ""));
    expect(
      fromBinary(PredictResponseSchema, reply.body ?? new Uint8Array(0)).outputs["y"]?.floatVal,
    ).toHaveLength(200_000);
    await client.close();
  });

  it("takes chunked and compressed bodies", async () => {
    const { server } = await start(makeBase(1));
    await server.available;
    const headers = { "content-encoding": "gzip", "transfer-encoding": "chunked" };
    expect((await http(server, PREDICT, gzipSync('{"instances":[1]}'), { headers })).body).toContain("[2.5");
  });

  it("inflates calls", async () => {
    const { server } = await start(makeBase(1));
    await server.available;
    const client = new GrpcClient(server.grpcPort ?? 0);
    const bytes = gzipSync(predictRequest([1, 2]));
    const call = (message: Uint8Array, encoding: string) =>
      client.call("PredictionService/Predict", message, { "grpc-encoding": encoding });
    const { body } = await call(bytes, "gzip");
    expect(fromBinary(PredictResponseSchema, body ?? new Uint8Array(0)).outputs["y"]?.floatVal).toEqual([
      2.5, 3,
    ]);
    expect(await call(bytes, "snappy")).toMatchObject({ status: 12 });
    expect(await call(bytes.subarray(0, 20), "gzip")).toMatchObject({ status: 13 });
    await client.close();
  });

  it("refuses what is no call", async () => {
    const { server } = await start(makeBase(1), {}, { maxMessageBytes: 1000 });
    await server.available;
    const client = new GrpcClient(server.grpcPort ?? 0);
    const call = async (path: string, bytes: Uint8Array, headers = {}) => {
      const { status, message } = await client.call(path, bytes, headers);
      return [status, message];
    };
    expect(await call("PredictionService/Nope", new Uint8Array(0))).toEqual([
      12,
      "/tensorflow.serving.PredictionService/Nope is not served here",
    ]);
    expect(await call("PredictionService/Predict", new Uint8Array(5000))).toEqual([
      8,
      "Received message larger than max (5000 vs. 1000)",
    ]);
    expect((await call("PredictionService/Predict", Uint8Array.of(255, 255)))[0]).toBe(13);
    await client.close();
  });

  it("says what a port is taken by", async () => {
    const base = makeBase(1);
    const { server } = await start(base);
    const again = start(base, {}, { port: undefined, restApiPort: server.restPort });
    await expect(again).rejects.toThrowError(FerryError);
    await expect(again).rejects.toMatchObject({ code: "PORT_IN_USE" });
  });
});

describe("deadlines", () => {
  const slow: FakeOptions = { onRun: () => new Promise((resolve) => setTimeout(resolve, 300)) };

  it("end a call that takes too long", async () => {
    const { server } = await start(makeBase(1), slow, { restApiTimeoutMs: 30 });
    await server.available;
    expect(await http(server, PREDICT, '{"instances":[1]}')).toMatchObject({
      status: 504,
      body: '{\n    "error": "Timed out waiting for notification"\n}',
    });
    const client = new GrpcClient(server.grpcPort ?? 0);
    const headers = { "grpc-timeout": "30m" };
    const { status } = await client.call("PredictionService/Predict", predictRequest([1]), headers);
    expect(status).toBe(4);
    // A run that goes on keeps its version until it is done.
    await client.close();
  });

  it("do not keep a version that nobody waits for", async () => {
    const closed: string[] = [];
    const { server } = await start(makeBase(1), { ...slow, onClose: (path) => closed.push(path) });
    await server.available;
    const client = new GrpcClient(server.grpcPort ?? 0);
    client.abandon("PredictionService/Predict", predictRequest([1]));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await client.close();
    await server.drain();
    expect(closed).toHaveLength(1);
  });
});

describe("a switch of versions", () => {
  it("fails no request and answers with no wrong version, under load", async () => {
    const base = makeBase(1);
    const loads: string[] = [];
    const delay = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
    const { server } = await start(base, { onRun: delay, onLoad: (path) => void loads.push(path) });
    await server.available;
    const agent = new Agent({ keepAlive: true });
    const client = new GrpcClient(server.grpcPort ?? 0);
    const seen = new Set<number>();
    let newest = 1;
    let running = true;
    let calls = 0;
    const rest = async (): Promise<void> => {
      const body = '{"signature_name":"with_version","inputs":{"x":[1.0]}}';
      while (running) {
        const { status, body: text } = await http(server, PREDICT, body, { agent });
        expect(status).toBe(200);
        const { outputs } = JSON.parse(text) as { outputs: { version: number[] } };
        note(outputs.version[0] ?? 0);
      }
    };
    const grpc = async (): Promise<void> => {
      while (running) {
        const { status, body } = await client.call("PredictionService/Predict", predictRequest([1]));
        expect(status).toBe(0);
        const { outputs, modelSpec } = fromBinary(PredictResponseSchema, body ?? new Uint8Array(0));
        const version = Number(outputs["version"]?.int64Val[0]);
        // What the answer says ran is what ran.
        expect(modelSpec?.versionChoice.value).toMatchObject({ value: BigInt(version) });
        note(version);
      }
    };
    const note = (version: number): void => {
      calls++;
      seen.add(version);
      expect(version).toBeGreaterThanOrEqual(1);
      expect(version).toBeLessThanOrEqual(newest);
    };
    const clients = [...Array.from({ length: 4 }, rest), ...Array.from({ length: 4 }, grpc)];
    for (newest = 2; newest <= 6; newest++) {
      writeVersion(base, newest);
      while (!seen.has(newest)) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    running = false;
    await Promise.all(clients);
    agent.destroy();
    await client.close();
    expect(calls).toBeGreaterThan(100);
    expect(loads).toHaveLength(6);
  });
});

describe("draining", () => {
  it("finishes what is in flight and accepts nothing new", async () => {
    const slow: FakeOptions = { onRun: () => new Promise((resolve) => setTimeout(resolve, 300)) };
    const { server } = await start(makeBase(1), slow);
    await server.available;
    const agent = new Agent({ keepAlive: true });
    const client = new GrpcClient(server.grpcPort ?? 0);
    const inFlight = http(server, PREDICT, '{"instances":[1]}', { agent });
    const call = client.call("PredictionService/Predict", predictRequest([1]));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const drained = server.drain();
    expect(server.drain()).toBe(drained);
    await expect(http(server, PREDICT, '{"instances":[1]}')).rejects.toThrow();
    expect(await inFlight).toMatchObject({ status: 200, headers: { connection: "close" } });
    expect((await call).status).toBe(0);
    await drained;
    expect(client.closed).toBe(true);
    agent.destroy();
  });

  it("cuts off what is not done in time", async () => {
    const stuck: FakeOptions = { onRun: () => new Promise((resolve) => setTimeout(resolve, 1500)) };
    const { server, lines } = await start(makeBase(1), stuck, { drainMs: 50 });
    await server.available;
    const cut = expect(http(server, PREDICT, '{"instances":[1]}')).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.drain();
    await cut;
    expect(lines).toContain("1 requests were cut off: they were not done after 50 ms");
  });
});
