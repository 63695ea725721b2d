import { connect } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "vitest";
import { ReloadConfigRequestSchema } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import type { LogLevel } from "../log.ts";
import { GrpcClient } from "../testing/grpc-client.ts";
import { halfPlusTwo } from "../testing/half-plus-two.ts";
import { makeBase } from "../testing/version-directories.ts";
import { type ServeOptions, startServer } from "./start-server.ts";

const TOKEN = "0123456789abcdef";
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };
const RELOAD = "ModelService/HandleReloadConfigRequest";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(more: Partial<ServeOptions> = {}) {
  const levels: LogLevel[] = [];
  const server = await startServer({
    models: [{ name: "half", basePath: makeBase(1, 2), policy: { kind: "all" } }],
    port: 0,
    restApiPort: 0,
    adminPort: 0,
    host: "127.0.0.1",
    fileSystemPollWaitSeconds: 0.05,
    engine: halfPlusTwo(),
    log: () => undefined,
    setLogLevel: (level) => levels.push(level),
    ...more,
  });
  cleanups.push(() => server.drain());
  await server.available;
  const call = async (
    port: number | undefined,
    method: string,
    path: string,
    body?: string,
    headers = {},
  ) => {
    const init = { method, headers, ...(body === undefined ? {} : { body }) };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return [answer.status, (await answer.json()) as unknown] as const; // whatever it is, it is compared
  };
  const grpc = (port: number | undefined): GrpcClient => {
    const client = new GrpcClient(port ?? 0);
    cleanups.push(() => client.close());
    return client;
  };
  return { server, levels, call, grpc };
}

function reloadOf(name: string, basePath: string): Uint8Array {
  const config = { name, basePath, modelPlatform: "tensorflow" };
  return toBinary(
    ReloadConfigRequestSchema,
    create(ReloadConfigRequestSchema, {
      config: { config: { case: "modelConfigList", value: { config: [config] } } },
    }),
  );
}

describe("the admin listener", () => {
  it("serves calls that change something over gRPC, which the serving port refuses", async () => {
    const { server, grpc } = await start();
    const message = reloadOf("other", makeBase(7));
    expect((await grpc(server.grpcPort).call(RELOAD, message)).status).toBe(7);
    expect((await grpc(server.adminPort).call(RELOAD, message)).status).toBe(0);
  });

  it("serves ours over REST on the same port: the configuration, labels, the log", async () => {
    const { server, levels, call } = await start();
    const { adminPort: port } = server;
    const labels = "/admin/v1/models/half/labels";
    expect(await call(port, "PUT", `${labels}/stable`, '{"version": 1}')).toEqual([200, {}]);
    expect(await call(port, "GET", labels)).toEqual([200, { labels: { stable: "1" } }]);
    const predicted = await call(
      server.restPort,
      "POST",
      "/v1/models/half/labels/stable:predict",
      '{"instances": [[2]]}',
    );
    expect(predicted).toEqual([200, { predictions: [[3]] }]);
    expect((await call(port, "PUT", `${labels}/stable`, '{"version": 9}'))[0]).toBe(400);
    expect((await call(port, "PUT", `${labels}/stable`, '{"version": "x"}'))[0]).toBe(400);
    expect(await call(port, "DELETE", `${labels}/stable`)).toEqual([200, {}]);
    expect((await call(port, "DELETE", `${labels}/stable`))[0]).toBe(400);
    expect((await call(port, "GET", "/admin/v1/models/none/labels"))[0]).toBe(404);
    expect(await call(port, "PUT", "/admin/v1/log_level", '{"level": "debug"}')).toEqual([200, {}]);
    expect((await call(port, "PUT", "/admin/v1/log_level", '{"level": "loud"}'))[0]).toBe(400);
    expect(levels).toEqual(["debug"]);
    const config = { name: "other", basePath: makeBase(7), modelPlatform: "tensorflow" };
    const json = JSON.stringify({ modelConfigList: { config: [config] } });
    expect(await call(port, "POST", "/admin/v1/config", json)).toEqual([200, {}]);
    expect((await call(server.restPort, "GET", "/v1/models/other"))[0]).toBe(200);
    const text = `model_config_list { config { name: "again" base_path: "${makeBase(1)}" model_platform: "tensorflow" } }`;
    expect(await call(port, "POST", "/admin/v1/config", text)).toEqual([200, {}]);
    expect((await call(port, "POST", "/admin/v1/config", "no config"))[0]).toBe(400);
    expect((await call(port, "POST", "/admin/v1/other", ""))[0]).toBe(404);
  });

  it("wants a token of every call, if there are tokens", async () => {
    const { server, call, grpc } = await start({ adminTokens: [TOKEN] });
    const { adminPort: port } = server;
    const message = reloadOf("other", makeBase(7));
    expect((await grpc(port).call(RELOAD, message)).status).toBe(16);
    expect((await grpc(port).call(RELOAD, message, AUTHORIZED)).status).toBe(0);
    expect((await call(port, "GET", "/v1/models"))[0]).toBe(401);
    expect(await call(port, "GET", "/v1/models", undefined, AUTHORIZED)).toEqual([
      200,
      { models: ["other"] },
    ]);
  });

  it("lends its calls to the serving ports, which then want the token too", async () => {
    const { server, call } = await start({ adminTokens: [TOKEN], adminOnServingPorts: true });
    const path = "/admin/v1/models/half/labels";
    expect((await call(server.restPort, "GET", path))[0]).toBe(401);
    expect((await call(server.restPort, "GET", path, undefined, AUTHORIZED))[0]).toBe(200);
    expect((await call(server.restPort, "GET", "/v1/models"))[0]).toBe(200);
  });

  it("refuses its calls on the serving ports otherwise, and pages of a browser everywhere", async () => {
    const { server, call } = await start();
    expect((await call(server.restPort, "PUT", "/admin/v1/log_level", "{}"))[0]).toBe(403);
    const page = { origin: "http://localhost:3000" };
    expect((await call(server.adminPort, "GET", "/v1/models", undefined, page))[0]).toBe(403);
  });

  it("opens to other machines with tokens alone", async () => {
    await expect(start({ adminHost: "0.0.0.0" })).rejects.toMatchObject({
      problems: [{ code: "ADMIN_WITHOUT_TOKEN" }],
    });
    const { server, call } = await start({ adminHost: "0.0.0.0", adminTokens: [TOKEN] });
    expect((await call(server.adminPort, "GET", "/v1/models", undefined, AUTHORIZED))[0]).toBe(200);
  });

  it("sends clients away that do not say what they want", async () => {
    const { server } = await start({ headerTimeoutMs: 100 });
    const socket = connect(server.adminPort ?? 0, "127.0.0.1");
    socket.write("PUT /admin/v1/log_level HTTP/1.1\r\nHost:");
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      socket.on("data", (piece) => {
        text += piece.toString();
      });
      socket.on("close", () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1.1 408/);
  });

  it("tells the protocol however the first bytes come", async () => {
    const { server } = await start();
    const answer = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(server.adminPort ?? 0, "127.0.0.1", async () => {
        for (const byte of "PUT /admin/v1/log_level HTTP/1.1\r\nHost: a\r\nContent-Length: 18\r\n\r\n") {
          socket.write(byte);
          await new Promise((done) => setImmediate(done));
        }
        socket.write('{"level": "error"}');
      });
      socket.on("data", (piece) => {
        text += piece.toString();
        if (text.includes("{}")) socket.end();
      });
      socket.on("close", () => resolve(text)).on("error", reject);
    });
    expect(answer).toMatch(/^HTTP\/1.1 200 OK/);
  });
});
