import { readdirSync, readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { request as secureRequest } from "node:https";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  PredictRequestSchema,
  PredictResponseSchema,
} from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { DEFAULT_BATCHING } from "../configuration/batching-parameters.ts";
import { GrpcClient } from "../testing/grpc-client.ts";
import { halfPlusTwo } from "../testing/half-plus-two.ts";
import { INPUTS } from "../testing/half-plus-two-inputs.ts";
import { makeBase, makeFolder, writeVersion } from "../testing/version-directories.ts";
import { makeWorkerFile, type WorkerFile } from "../testing/worker-file.ts";
import { MAX_WORKER_ENDS } from "../workers/worker-pool.ts";
import { type ServeOptions, startServer } from "./start-server.ts";

const TLS = {
  ...(JSON.parse(readFileSync(new URL("./tls.fixtures.json", import.meta.url), "utf8")) as Readonly<
    Record<"ca" | "key" | "cert", string>
  >),
  clientVerify: false,
};

let workerFile: WorkerFile;
beforeAll(async () => {
  workerFile = await makeWorkerFile();
});
afterAll(() => workerFile.remove());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(more: Partial<ServeOptions> = {}, base = makeBase(1)) {
  const lines: string[] = [];
  const server = await startServer({
    models: [{ name: "half", basePath: base }],
    port: 0,
    restApiPort: 0,
    host: "127.0.0.1",
    fileSystemPollWaitSeconds: 0.05,
    engine: halfPlusTwo(),
    log: (_level, message) => lines.push(message),
    workers: 2,
    workerFile: workerFile.path,
    drainMs: 2000,
    ...more,
  });
  cleanups.push(() => server.drain());
  await server.available;
  const url = `http://127.0.0.1:${server.restPort}`;
  return { server, lines, base, url };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One request, on a connection of its own unless the agent has one. */
function ask(url: string, body?: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: body === undefined ? "GET" : "POST", ...(agent ? { agent } : { agent: false }) },
      (incoming) => {
        let text = "";
        incoming.on("data", (piece) => (text += piece));
        incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, body: text }));
        incoming.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const instances = (...rows: number[]): string => JSON.stringify({ instances: rows.map((row) => [row]) });
const WITH_VERSION = '{"signature_name": "with_version", "instances": [[2]]}';

function versionOf({ body }: Answer): number {
  const { predictions } = JSON.parse(body) as { predictions: readonly { version: number }[] };
  return predictions[0]?.version ?? 0;
}

const GRPC_PREDICT = toBinary(
  PredictRequestSchema,
  create(PredictRequestSchema, {
    modelSpec: { name: "half" },
    inputs: { x: { dtype: 1, tensorShape: { dim: [{ size: 1n }, { size: 1n }] }, floatVal: [2] } },
  }),
);

describe("a server with workers", () => {
  it("answers REST and gRPC on every connection, as one server", async () => {
    const { server, url } = await start({ monitoring: { prometheusPath: "/metrics" } });
    const clients = Array.from({ length: 4 }, () => new GrpcClient(server.grpcPort ?? 0));
    for (const client of clients) {
      const { status, body } = await client.call("PredictionService/Predict", GRPC_PREDICT);
      expect(status).toBe(0);
      const response = fromBinary(PredictResponseSchema, body ?? new Uint8Array());
      expect(response.outputs["y"]?.floatVal).toEqual([3]);
    }
    for (let count = 0; count < 6; count++) {
      expect(JSON.parse((await ask(`${url}/v1/models/half:predict`, instances(2, 4))).body)).toEqual({
        predictions: [[3], [4]],
      });
    }
    const stats = JSON.parse((await ask(`${url}/v2/models/half/stats`)).body) as {
      model_stats: readonly { inference_count: number; execution_count: number }[];
    };
    expect(stats.model_stats[0]).toMatchObject({ execution_count: 10, inference_count: 16 });
    const page = (await ask(`${url}/metrics`)).body;
    expect(page).toContain(
      'torchferry_predictions_total{model="half",version="1",signature="serving_default",status="OK"} 10\n',
    );
    expect(page).toContain('torchferry_model_state{model="half",version="1",state="AVAILABLE"} 1\n');
    expect(page.match(/^# TYPE torchferry_predictions_total /gm)?.length).toBe(1);
    expect(page).toMatch(/^nodejs_heap_size_used_bytes\{worker="1"\} \d+$/m);
    for (const client of clients) client.close();
  });

  it("switches versions for all connections at one moment, and no request fails", async () => {
    const { url, base } = await start();
    const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    cleanups.push(() => {
      for (const agent of agents) agent.destroy();
    });
    const switches = 5;
    let seen = 1;
    let isOver = false;
    const failures: unknown[] = [];
    const client = async (agent: Agent): Promise<void> => {
      while (!isOver) {
        // Whoever asks after a version was seen must not see an older one.
        const atLeast = seen;
        const answer = await ask(`${url}/v1/models/half:predict`, WITH_VERSION, agent);
        const version = answer.status === 200 ? versionOf(answer) : 0;
        if (version < atLeast) failures.push({ atLeast, answer });
        seen = Math.max(seen, version);
      }
    };
    const publisher = async (): Promise<void> => {
      for (let version = 2; version < 2 + switches; version++) {
        writeVersion(base, version);
        await expect.poll(() => seen, { timeout: 10_000, interval: 5 }).toBe(version);
      }
      isOver = true;
    };
    await Promise.all([publisher(), ...agents.map(client)]);
    expect(failures).toEqual([]);
  });

  it("passes calls that change something to the main thread, with its guard", async () => {
    const adminTokens = ["0123456789abcdef"];
    const { url } = await start({ adminOnServingPorts: true, adminTokens });
    const labels = `${url}/admin/v1/models/half/labels/stable`;
    const put = (headers: Record<string, string>) =>
      fetch(labels, { method: "PUT", body: '{"version": 1}', headers });
    expect((await put({})).status).toBe(401);
    expect((await put({ authorization: `Bearer ${adminTokens[0]}` })).status).toBe(200);
    // The label holds on every connection from then on.
    for (let count = 0; count < 6; count++) {
      const answer = await ask(`${url}/v1/models/half/labels/stable:predict`, instances(2));
      expect(answer.status).toBe(200);
    }
    const unload = await fetch(`${url}/v2/repository/models/half/unload`, {
      method: "POST",
      headers: { authorization: `Bearer ${adminTokens[0]}` },
    });
    expect(unload.status).toBe(200);
    for (let count = 0; count < 4; count++) {
      expect((await ask(`${url}/v1/models/half:predict`, instances(2))).status).toBe(404);
    }
  });

  it("finishes what is in flight when it drains", async () => {
    const { server, url } = await start({ monitoring: { prometheusPath: "/metrics" } });
    const slow = [1, 2, 3].map(() => ask(`${url}/v1/models/half:predict`, instances(INPUTS.slow)));
    const inFlight = async (): Promise<string | undefined> =>
      /^torchferry_requests_in_flight\{\} (\d+)$/m.exec((await ask(`${url}/metrics`)).body)?.[1];
    await expect.poll(inFlight, { interval: 10 }).toBe("3");
    await server.drain();
    for (const answer of slow) expect((await answer).status).toBe(200);
    await expect(ask(`${url}/v1/models/half`)).rejects.toThrow();
  });

  it("starts a worker again that ended by a fault, with all that it served", async () => {
    const { url, lines } = await start();
    await expect(ask(`${url}/v1/models/half:predict`, instances(INPUTS.fatal))).rejects.toThrow();
    await expect.poll(() => lines.some((line) => /worker \d ended: .*nobody survives/.test(line))).toBe(true);
    for (let count = 0; count < 8; count++) {
      expect((await ask(`${url}/v1/models/half:predict`, instances(2))).status).toBe(200);
    }
  });

  it("gives up when workers end again and again", async () => {
    const { url, server } = await start();
    let failure: unknown;
    server.failed.catch((error: unknown) => {
      failure = error;
    });
    for (let count = 0; count < MAX_WORKER_ENDS; count++) {
      await ask(`${url}/v1/models/half:predict`, instances(INPUTS.fatal)).catch(() => undefined);
    }
    await expect.poll(() => failure).toMatchObject({ code: "WORKERS_ENDED" });
  });

  it("holds no more connections and requests than one thread would", async () => {
    const { url } = await start({ maxConnections: 2, maxRequestsInFlight: 2 });
    const slow = (): Promise<Answer> => ask(`${url}/v1/models/half:predict`, instances(INPUTS.slow));
    const two = [slow(), slow()];
    await expect(ask(`${url}/v1/models/half`)).rejects.toThrow();
    for (const answer of two) expect((await answer).status).toBe(200);
    await expect
      .poll(async () => (await ask(`${url}/v1/models/half`).catch(() => undefined))?.status)
      .toBe(200);
  });

  it("writes whole records of all workers into the same files, and whole lines into the log", async () => {
    const folder = makeFolder();
    const { server, url, lines } = await start({
      requestLog: { everyModel: { prefix: join(folder, "log"), samplingRate: 1 } },
      accessLog: { what: "all", samplingRate: 1 },
    });
    const answers = Array.from({ length: 12 }, () => ask(`${url}/v1/models/half:predict`, instances(2)));
    for (const answer of answers) expect((await answer).status).toBe(200);
    await server.drain();
    const [file, ...others] = readdirSync(folder);
    expect(others).toEqual([]);
    const size = readFileSync(join(folder, file ?? "")).length;
    expect(size % 12).toBe(0);
    expect(size).toBeGreaterThan(12 * 50);
    expect(lines.filter((line) => line === "access").length).toBe(12);
  });

  it("encrypts", async () => {
    const { server } = await start({ grpcTls: TLS, restTls: TLS });
    const { ca } = TLS;
    for (let count = 0; count < 4; count++) {
      const encrypted = new GrpcClient(`https://localhost:${server.grpcPort}`, { ca });
      expect((await encrypted.call("PredictionService/Predict", GRPC_PREDICT)).status).toBe(0);
      await encrypted.close();
      const status = await new Promise((resolve, reject) => {
        const url = `https://localhost:${server.restPort}/v1/models/half`;
        const outgoing = secureRequest(url, { ca, agent: false }, (incoming) => {
          incoming.resume();
          resolve(incoming.statusCode);
        });
        outgoing.on("error", reject).end();
      });
      expect(status).toBe(200);
    }
  });

  it("listens on a unix socket", async () => {
    const path = join(makeBase(), "grpc.sock");
    await start({ grpcSocketPath: path });
    for (let count = 0; count < 4; count++) {
      const client = new GrpcClient("http://localhost", { path });
      expect((await client.call("PredictionService/Predict", GRPC_PREDICT)).status).toBe(0);
      await client.close();
    }
  });

  it("lets requests run together in each worker, each with its own answer", async () => {
    const { url } = await start({
      batching: {
        options: {
          ...DEFAULT_BATCHING,
          maxBatchSize: 8,
          batchTimeoutMicros: 100_000,
          maxEnqueuedBatches: 100,
        },
        perModel: false,
      },
    });
    const rows = Array.from({ length: 24 }, (_, row) => row);
    const answers = await Promise.all(
      rows.map((row) => ask(`${url}/v1/models/half:predict`, instances(row))),
    );
    expect(answers.map(({ body }) => JSON.parse(body))).toEqual(
      rows.map((row) => ({ predictions: [[row / 2 + 2]] })),
    );
    const { model_stats: stats } = JSON.parse((await ask(`${url}/v2/models/half/stats`)).body) as {
      model_stats: readonly { inference_count: number; execution_count: number }[];
    };
    expect(stats[0]?.inference_count).toBe(24);
    expect(stats[0]?.execution_count).toBeLessThan(12);
  });

  it("is ready as fast as its slowest worker, and says so when the port is taken", async () => {
    const { server } = await start();
    await expect(start({ restApiPort: server.restPort ?? 0 })).rejects.toMatchObject({ code: "PORT_IN_USE" });
  });
});
