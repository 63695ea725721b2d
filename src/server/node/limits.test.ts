import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "vitest";
import { HealthCheckRequestSchema } from "../../bytes/protobuf/generated/grpc_health_pb.ts";
import { PredictRequestSchema } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { GrpcClient } from "../testing/grpc-client.ts";
import { type FakeOptions, halfPlusTwo } from "../testing/half-plus-two.ts";
import { makeBase } from "../testing/version-directories.ts";
import { type ServeOptions, startServer } from "./start-server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(more: Partial<ServeOptions>, engine: FakeOptions = {}) {
  const server = await startServer({
    models: [{ name: "half", basePath: makeBase(1) }],
    port: 0,
    restApiPort: 0,
    host: "127.0.0.1",
    engine: halfPlusTwo(engine),
    log: () => undefined,
    drainMs: 1000,
    ...more,
  });
  cleanups.push(() => server.drain());
  await server.available;
  const client = new GrpcClient(server.grpcPort ?? 0);
  cleanups.push(() => client.close());
  const rest = `http://127.0.0.1:${server.restPort}`;
  const predict = (): Promise<Response> =>
    fetch(`${rest}/v1/models/half:predict`, { method: "POST", body: '{"instances": [[2], [4]]}' });
  return { server, client, rest, predict };
}

const GRPC_PREDICT = toBinary(
  PredictRequestSchema,
  create(PredictRequestSchema, {
    modelSpec: { name: "half" },
    inputs: { x: { dtype: 1, tensorShape: { dim: [{ size: 1n }, { size: 1n }] }, floatVal: [2] } },
  }),
);
const GRPC_HEALTH = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, {}));

/** A run that goes on until it is let go. */
function heldRun() {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  return { letGo, onRun: () => held };
}

describe("requests in flight", () => {
  it("are refused beyond the limit, over both protocols, but for questions after the health", async () => {
    const { letGo, onRun } = heldRun();
    const { client, rest, predict } = await start({ maxRequestsInFlight: 2 }, { onRun });
    const first = predict();
    const second = client.call("PredictionService/Predict", GRPC_PREDICT);
    await expect.poll(async () => (await predict()).status).toBe(429);
    expect(await client.call("PredictionService/Predict", GRPC_PREDICT)).toMatchObject({ status: 8 });
    expect((await fetch(`${rest}/readyz`)).status).toBe(200);
    expect(await client.call("/grpc.health.v1.Health/Check", GRPC_HEALTH)).toMatchObject({ status: 0 });
    letGo();
    expect((await first).status).toBe(200);
    expect((await second).status).toBe(0);
    await expect.poll(async () => (await predict()).status).toBe(200);
  });
});

describe("slow clients", () => {
  const untilClosed = (socket: Socket): Promise<string> =>
    new Promise((resolve) => {
      let text = "";
      socket.on("data", (piece) => {
        text += piece.toString();
      });
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(text));
    });

  it("are sent away if headers do not come", async () => {
    const { server } = await start({ headerTimeoutMs: 100 });
    const silent = connect(server.restPort ?? 0, "127.0.0.1");
    const half = connect(server.restPort ?? 0, "127.0.0.1");
    half.write("POST /v1/models/half:predict HTTP/1.1\r\nHost:");
    const grpc = connect(server.grpcPort ?? 0, "127.0.0.1");
    const answers = await Promise.all([silent, half, grpc].map(untilClosed));
    expect(answers[1]).toMatch(/^HTTP\/1.1 408/);
  });

  it("are told if a body stops coming", async () => {
    const { server } = await start({ receiveIdleMs: 100 });
    const socket = connect(server.restPort ?? 0, "127.0.0.1");
    socket.write('POST /v1/models/half:predict HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{"ins');
    const answer = await untilClosed(socket);
    expect(answer).toMatch(/^HTTP\/1.1 408/);
    expect(answer).toContain("nothing of the request came for 100 ms");
  });

  it("are told over gRPC too", async () => {
    const { server } = await start({ receiveIdleMs: 100 });
    const session = connectHttp2(`http://127.0.0.1:${server.grpcPort}`);
    cleanups.push(() => session.destroy());
    const stream = session.request({
      ":method": "POST",
      ":path": "/tensorflow.serving.PredictionService/Predict",
      "content-type": "application/grpc",
    });
    stream.on("error", () => undefined);
    stream.write(Buffer.from([0, 0, 0, 0, 99, 1]));
    const status = await new Promise((resolve) => {
      stream.once("response", (headers) => resolve(headers["grpc-status"]));
    });
    expect(status).toBe("4");
    await expect.poll(() => stream.closed).toBe(true);
  });

  it("have all the time they need for an answer", async () => {
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));
    const { client, predict } = await start({ receiveIdleMs: 50, headerTimeoutMs: 50 }, { onRun: pause });
    const answers = await Promise.all([predict(), client.call("PredictionService/Predict", GRPC_PREDICT)]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 0]);
  });
});

describe("connections", () => {
  it("beyond the limit are closed", async () => {
    const { server } = await start({ maxConnections: 1 });
    const first = connect(server.restPort ?? 0, "127.0.0.1");
    cleanups.push(() => first.destroy());
    await new Promise((resolve) => first.once("connect", resolve));
    const second = connect(server.restPort ?? 0, "127.0.0.1").on("error", () => undefined);
    await new Promise((resolve) => second.once("close", resolve));
    expect(first.destroyed).toBe(false);
  });
});

describe("health while draining", () => {
  it("fails at once, while requests are taken until the delay is over", async () => {
    const { server, client, rest, predict } = await start({ drainDelayMs: 300 });
    expect((await fetch(`${rest}/livez`)).status).toBe(200);
    expect((await fetch(`${rest}/readyz`)).status).toBe(200);
    const drained = server.drain();
    const ready = await fetch(`${rest}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, "draining\n"]);
    expect((await fetch(`${rest}/livez`)).status).toBe(200);
    const { body } = await client.call("/grpc.health.v1.Health/Check", GRPC_HEALTH);
    expect([...(body ?? [])]).toEqual([8, 2]); // NOT_SERVING
    expect((await predict()).status).toBe(200);
    await drained;
    await expect(predict()).rejects.toThrow();
  });
});

describe("each request", () => {
  it("is told once, with what was asked and how much was sent", async () => {
    const told: Readonly<Record<string, unknown>>[] = [];
    const { client, rest, predict } = await start({
      accessLog: { what: "all", samplingRate: 1 },
      log: (_level, message, fields = {}) => message === "access" && told.push(fields),
    });
    await (await predict()).text();
    await client.call("PredictionService/Predict", GRPC_PREDICT);
    await client.call("PredictionService/Nothing", GRPC_PREDICT);
    await (await fetch(`${rest}/elsewhere`)).text();
    await expect.poll(() => told.length).toBe(4);
    const facts = told.map(({ protocol, call, status, bytes_in: bytes, rows }) => [
      protocol,
      call,
      status,
      rows && bytes,
      rows,
    ]);
    // A stream may be closed after its client has the answer.
    expect(facts.sort()).toEqual([
      ["REST", "GET /elsewhere", "404", undefined, undefined],
      ["REST", "POST /v1/models/half:predict", "200", 25, 2],
      ["gRPC", "/tensorflow.serving.PredictionService/Nothing", "UNIMPLEMENTED", undefined, undefined],
      ["gRPC", "/tensorflow.serving.PredictionService/Predict", "OK", GRPC_PREDICT.length + 5, 1],
    ]);
    expect(told.find((one) => one["rows"])?.["bytes_out"]).toBeGreaterThan(20);
    expect(told.every((one) => Number(one["total_us"]) > 0)).toBe(true);
  });
});
