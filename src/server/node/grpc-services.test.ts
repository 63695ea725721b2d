import { deflateSync } from "node:zlib";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { afterEach, describe, expect, it } from "vitest";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
} from "../../bytes/protobuf/generated/grpc_health_pb.ts";
import {
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from "../../bytes/protobuf/generated/grpc_reflection_pb.ts";
import {
  GetModelStatusRequestSchema,
  ReloadConfigRequestSchema,
} from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { GrpcClient } from "../testing/grpc-client.ts";
import { halfPlusTwo } from "../testing/half-plus-two.ts";
import { makeBase } from "../testing/version-directories.ts";
import { type RunningServer, type ServeOptions, startServer } from "./start-server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Partial<ServeOptions> = {}): Promise<[RunningServer, GrpcClient]> {
  const server = await startServer({
    models: [{ name: "half", basePath: makeBase(1) }],
    port: 0,
    host: "127.0.0.1",
    fileSystemPollWaitSeconds: 0.1,
    engine: halfPlusTwo(),
    log: () => undefined,
    drainMs: 5000,
    ...options,
  });
  cleanups.push(() => server.drain());
  const client = new GrpcClient(server.grpcPort ?? 0);
  cleanups.push(() => client.close());
  return [server, client];
}

const HEALTH = "/grpc.health.v1.Health";
const health = (service: string) =>
  toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service }));
const statusOf = (message: Uint8Array | number | undefined) =>
  message instanceof Uint8Array ? fromBinary(HealthCheckResponseSchema, message).status : message;

describe("grpc.health.v1", () => {
  it("is SERVING for the server and its services once a model is available", async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const [server, client] = await start({ engine: halfPlusTwo({ onLoad: () => opened }) });
    const check = async (service: string) =>
      statusOf((await client.call(`${HEALTH}/Check`, health(service))).body);
    expect(await check("")).toBe(2);
    open();
    await server.available;
    for (const name of ["", "ModelService", "PredictionService", "tensorflow.serving.PredictionService"]) {
      expect(await check(name)).toBe(1);
    }
    const unknown = await client.call(`${HEALTH}/Check`, health("nobody"));
    expect(unknown).toMatchObject({ status: 5, message: "unknown service nobody" });
  });

  it("tells its watchers of every change, NOT_SERVING when it drains, and lets the server end", async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const [server, client] = await start({ engine: halfPlusTwo({ onLoad: () => opened }) });
    const watch = client.stream(`${HEALTH}/Watch`);
    watch.send(health(""));
    const unknown = client.stream(`${HEALTH}/Watch`);
    unknown.send(health("nobody"));
    expect(statusOf(await watch.next())).toBe(2);
    expect(statusOf(await unknown.next())).toBe(3);
    open();
    expect(statusOf(await watch.next())).toBe(1);
    const began = Date.now();
    const drained = server.drain();
    expect([statusOf(await watch.next()), await watch.next()]).toEqual([2, 14]);
    expect(await unknown.next()).toBe(14);
    await drained;
    expect(Date.now() - began).toBeLessThan(3000);
  });

  it("forgets a watcher that went away", async () => {
    const [server, client] = await start();
    await server.available;
    const watch = client.stream(`${HEALTH}/Watch`);
    watch.send(health(""));
    expect(statusOf(await watch.next())).toBe(1);
    watch.cancel();
    const began = Date.now();
    await server.drain();
    expect(Date.now() - began).toBeLessThan(3000);
  });
});

describe.each(["v1", "v1alpha"])("grpc.reflection.%s", (version) => {
  type Question = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"]>;

  it("describes every service that is served", async () => {
    const [, client] = await start();
    const stream = client.stream(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);
    const ask = async (messageRequest: Question) => {
      stream.send(
        toBinary(ServerReflectionRequestSchema, create(ServerReflectionRequestSchema, { messageRequest })),
      );
      const answer = await stream.next();
      if (typeof answer === "number") throw new Error(`the call ended with ${answer}`);
      return fromBinary(ServerReflectionResponseSchema, answer).messageResponse;
    };
    const services = await ask({ case: "listServices", value: "" });
    expect(services).toMatchObject({
      case: "listServicesResponse",
      value: {
        service: [
          "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection",
          "inference.GRPCInferenceService",
          "tensorflow.serving.ModelService",
          "tensorflow.serving.PredictionService",
        ].map((name) => ({ name })),
      },
    });
    for (const symbol of [
      "tensorflow.serving.PredictionService",
      "tensorflow.serving.PredictionService.Predict",
      "tensorflow.TensorProto",
      "tensorflow.DataType",
      "inference.GRPCInferenceService.ModelInfer",
      "inference.DataType",
      "grpc.health.v1.Health",
      `grpc.reflection.${version}.ServerReflectionRequest`,
    ]) {
      const found = await ask({ case: "fileContainingSymbol", value: symbol });
      if (found.case !== "fileDescriptorResponse") throw new Error(`${symbol} was not found`);
      const files = found.value.fileDescriptorProto.map((bytes) =>
        fromBinary(FileDescriptorProtoSchema, bytes),
      );
      const names = files.map((file) => file.name);
      for (const file of files) for (const needed of file.dependency) expect(names).toContain(needed);
      const again = await ask({ case: "fileByFilename", value: names[0] ?? "" });
      expect(again).toEqual(found);
    }
    const missing = await ask({ case: "fileContainingSymbol", value: "no.Such" });
    expect(missing).toMatchObject({ case: "errorResponse", value: { errorCode: 5 } });
    const extensions = await ask({ case: "allExtensionNumbersOfType", value: "tensorflow.TensorProto" });
    expect(extensions).toMatchObject({ case: "allExtensionNumbersResponse" });
    stream.end();
    expect(await stream.next()).toBe(0);
  });
});

describe("HandleReloadConfigRequest", () => {
  const PATH = "ModelService/HandleReloadConfigRequest";
  const request = (name: string, basePath: string): Uint8Array => {
    const config = { name, basePath, modelPlatform: "tensorflow" };
    return toBinary(
      ReloadConfigRequestSchema,
      create(ReloadConfigRequestSchema, {
        config: { config: { case: "modelConfigList", value: { config: [config] } } },
      }),
    );
  };
  const status = (client: GrpcClient, name: string) =>
    client.call(
      "ModelService/GetModelStatus",
      toBinary(GetModelStatusRequestSchema, create(GetModelStatusRequestSchema, { modelSpec: { name } })),
    );

  it("replaces the models where calls that change something are served", async () => {
    const [server, client] = await start({ adminOnServingPorts: true });
    await server.available;
    expect(await client.call(PATH, request("other", makeBase(7)))).toMatchObject({ status: 0 });
    expect(await status(client, "other")).toMatchObject({ status: 0 });
    const missing = await client.call(PATH, request("none", "/no/such/place"));
    expect(missing.status).toBe(2);
    expect(missing.message).toContain("1 model(s) did not become available: ");
    expect(await client.call(PATH, request("none", "relative"))).toMatchObject({
      status: 3,
      message: "Expected model none to have an absolute path or URI; got base_path()=relative",
    });
    expect(await client.call(PATH, new Uint8Array(0))).toMatchObject({
      status: 3,
      message:
        "ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently supported",
    });
  });

  it("is refused otherwise", async () => {
    const [, client] = await start();
    expect(await client.call(PATH, request("other", "/x"))).toMatchObject({
      status: 7,
      message:
        "/tensorflow.serving.ModelService/HandleReloadConfigRequest changes what is served and is not served on this port; call the port that --admin_port opens, or start the server with --admin_on_serving_ports",
    });
  });
});

describe("calls", () => {
  it("may be deflated", async () => {
    const [server, client] = await start();
    await server.available;
    const message = toBinary(
      GetModelStatusRequestSchema,
      create(GetModelStatusRequestSchema, { modelSpec: { name: "half" } }),
    );
    const answer = await client.call("ModelService/GetModelStatus", deflateSync(message), {
      "grpc-encoding": "deflate",
    });
    expect(answer.status).toBe(0);
  });

  it("of a connection that is old enough end well, and the connection with them", async () => {
    const [server, client] = await start({ grpcChannel: { maxConnectionAgeMs: 100 } });
    await server.available;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(client.closed).toBe(true);
  });
});
