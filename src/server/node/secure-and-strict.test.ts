import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "vitest";
import { GetModelStatusRequestSchema } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { FerryError } from "../../core/errors.ts";
import { GrpcClient } from "../testing/grpc-client.ts";
import { type FakeOptions, halfPlusTwo } from "../testing/half-plus-two.ts";
import { makeBase, makeFolder } from "../testing/version-directories.ts";
import { type ServeOptions, startServer } from "./start-server.ts";

const PEM = JSON.parse(readFileSync(new URL("./tls.fixtures.json", import.meta.url), "utf8")) as Readonly<
  Record<"ca" | "key" | "cert" | "clientKey" | "clientCert", string>
>;
const TLS = { key: PEM.key, cert: PEM.cert, ca: PEM.ca, clientVerify: false };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Partial<ServeOptions>, fake: FakeOptions = {}) {
  const lines: string[] = [];
  const server = await startServer({
    models: [{ name: "half", basePath: makeBase(1) }],
    host: "127.0.0.1",
    fileSystemPollWaitSeconds: 0.1,
    maxLoadRetries: 0,
    engine: halfPlusTwo(fake),
    log: (_level, message) => lines.push(message),
    ...options,
  });
  cleanups.push(() => server.drain());
  return { server, lines };
}

async function status(client: GrpcClient): Promise<number | string> {
  const message = create(GetModelStatusRequestSchema, { modelSpec: { name: "half" } });
  const bytes = toBinary(GetModelStatusRequestSchema, message);
  try {
    return (await client.call("ModelService/GetModelStatus", bytes)).status;
  } catch (error) {
    return `refused: ${(error as NodeJS.ErrnoException).code}`; // what node:http2 rejects with
  } finally {
    await client.close().catch(() => undefined);
  }
}

describe("TLS", () => {
  const connect = (port: number | undefined, more: object = {}) =>
    new GrpcClient(`https://localhost:${port}`, { ca: PEM.ca, ...more });

  it("encrypts gRPC, for clients that trust the certificate", async () => {
    const { server } = await start({ port: 0, grpcTls: TLS });
    await server.available;
    expect(await status(connect(server.grpcPort))).toBe(0);
    expect(await status(connect(server.grpcPort, { ca: [] }))).toMatch(/^refused: /);
  });

  it("turns clients away that have no certificate, where it is told to", async () => {
    const { server } = await start({ port: 0, grpcTls: { ...TLS, clientVerify: true } });
    await server.available;
    expect(await status(connect(server.grpcPort, { key: PEM.clientKey, cert: PEM.clientCert }))).toBe(0);
    expect(await status(connect(server.grpcPort))).toMatch(/^refused: /);
  });

  it("encrypts REST", async () => {
    const { server } = await start({ restApiPort: 0, restTls: TLS });
    await server.available;
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const options = { host: "localhost", port: server.restPort, path: "/v1/models/half", ca: PEM.ca };
      request(options, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(answer).toBe(200);
  });

  it("says what keys cannot be used", async () => {
    const broken = start({ port: 0, grpcTls: { ...TLS, key: "no key" } });
    await expect(broken).rejects.toMatchObject({ code: "TLS_REFUSED" });
  });
});

describe("a unix socket", () => {
  it("serves gRPC beside the port or alone, and takes the place of one left behind", async () => {
    const path = join(makeFolder(), "grpc.sock");
    for (const port of [0, undefined]) {
      const { server, lines } = await start({ port, grpcSocketPath: path });
      await server.available;
      expect(lines).toContain(`Running gRPC ModelServer at UNIX socket ${path} ...`);
      expect(await status(new GrpcClient("http://localhost", { path }))).toBe(0);
      await server.drain();
    }
    expect(existsSync(path)).toBe(false);
  });

  it("does not replace a file that is none", async () => {
    const path = join(makeFolder(), "file");
    writeFileSync(path, "");
    await expect(start({ grpcSocketPath: path })).rejects.toMatchObject({ code: "SOCKET_FAILED" });
    expect(existsSync(path)).toBe(true);
  });
});

describe("a configuration file", () => {
  const config = (name: string, base: string): string =>
    `model_config_list { config { name: "${name}" base_path: "${base}" model_platform: "tensorflow" } }`;

  async function until(isTrue: () => boolean): Promise<void> {
    for (let tries = 0; !isTrue() && tries < 100; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isTrue()).toBe(true);
  }

  it("is read again, and what is wrong with it changes nothing", async () => {
    const path = join(makeFolder(), "models.config");
    const base = makeBase(1);
    writeFileSync(path, config("half", base));
    const modelConfigFile = { path, pollWaitSeconds: 0.05 };
    const { server, lines } = await start({ port: 0, modelConfigFile });
    await server.available;
    writeFileSync(path, "broken");
    await until(() =>
      lines.some((line) => line.startsWith("Failed to read ModelServerConfig file: Invalid protobuf")),
    );
    expect(await status(new GrpcClient(server.grpcPort ?? 0))).toBe(0);
    writeFileSync(path, config("another", base));
    await until(() => lines.includes("Successfully loaded servable version {name: another version: 1}"));
    await until(() => lines.includes("Done unloading servable version {name: half version: 1}"));
  });
});

describe("several models", () => {
  it("serve what is good, whatever is wrong with the others", async () => {
    const models = [
      { name: "half", basePath: makeBase(1) },
      { name: "bad", basePath: makeBase(2) },
      { name: "missing", basePath: "/no/such/place" },
    ];
    const onLoad = (path: string): void => {
      if (path.endsWith("/2")) throw new Error("no graph");
    };
    const { server } = await start({ models, port: 0 }, { onLoad });
    await server.available;
    expect(await status(new GrpcClient(server.grpcPort ?? 0))).toBe(0);
  });
});

describe("--tf_serving_strict", () => {
  it("opens ports when every model is available", async () => {
    const { server, lines } = await start({ port: 0, strict: true });
    expect(await status(new GrpcClient(server.grpcPort ?? 0))).toBe(0);
    const loaded = lines.indexOf("Successfully loaded servable version {name: half version: 1}");
    expect(lines.findIndex((line) => line.startsWith("Running gRPC"))).toBeGreaterThan(loaded);
  });

  it("ends when one model cannot be loaded", async () => {
    const models = [
      { name: "half", basePath: makeBase(1) },
      { name: "bad", basePath: makeBase(2) },
    ];
    const onLoad = (path: string): void => {
      if (path.endsWith("/2")) throw new Error("no graph");
    };
    const failure = await start({ port: 0, strict: true, models }, { onLoad }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure instanceof FerryError && failure.message).toBe(
      "1 servable(s) did not become available: {{{name: bad version: 2} due to error: UNKNOWN: Loading servable: {name: bad version: 2} failed: no graph}, }",
    );
  });
});
