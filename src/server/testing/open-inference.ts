// The Open Inference Protocol for tests without ports: models that answer what they are sent, REST and gRPC as bytes.
import { Problem } from "../../core/errors.ts";
import type { TensorValue } from "../../engine/engine.ts";
import type { Signature } from "../../model/signature.ts";
import type { DType } from "../../tensor/dtype.ts";
import { Health } from "../health/health.ts";
import type { OpenInferenceContext } from "../open-inference/context.ts";
import { SERVICE } from "../open-inference/grpc/route.ts";
import { openInference } from "../open-inference/protocol.ts";
import { Statistics } from "../predict/statistics.ts";
import type { Protocol } from "../protocol.ts";
import { dispatchRest } from "../rest/dispatch.ts";
import { FakeClock } from "./fake-clock.ts";
import { type FakeOptions, signature, spec } from "./half-plus-two.ts";
import { loadedManager, type RestCall } from "./model-server.ts";

const DTYPES =
  "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32 float64 string bfloat16";
const ALL = DTYPES.split(" ") as DType[]; // names of dtypes

/** `x` of a dtype and any batch comes back as `y`; the model is called after the dtype. */
export const ECHO_SIGNATURES: readonly Signature[] = ALL.map((dtype) =>
  signature(dtype, [spec("x", dtype, [-1, 2])], [spec("y", dtype, [-1, 2])]),
);

/** An engine's answer: every input under the name of the output at its place. */
export function echo(signatures: readonly Signature[]): FakeOptions {
  return {
    signatures,
    answer: (name, inputs) => {
      const one = signatures.find((candidate) => candidate.name === name);
      const pairs = (one?.inputs ?? []).map(({ key }, at): [string, TensorValue] => {
        const value = inputs.get(key);
        if (!value) throw new Error(`${key} is missing`);
        return [one?.outputs[at]?.key ?? "", value];
      });
      return new Map(pairs);
    },
  };
}

export interface OpenInferenceServer {
  readonly context: OpenInferenceContext;
  readonly protocol: Protocol;
  /** Status, headers and body of an answer. */
  rest(call: RestCall): Promise<{ status: number; headers: Readonly<Record<string, string>>; body: Buffer }>;
  /** Status and JSON of an answer. */
  json(url: string, body?: unknown): Promise<readonly [number, unknown]>;
  /** The answer's message, or its status and sentence. */
  grpc(method: string, message: Uint8Array): Promise<Uint8Array | readonly [number, string]>;
}

/** A server whose model `m`, of the versions 3 and 5, has these signatures. */
export async function openInferenceServer(
  signatures: readonly Signature[],
  options: FakeOptions = echo(signatures),
): Promise<OpenInferenceServer> {
  const models = await loadedManager({ m: [3, 5] }, options);
  const statistics = new Statistics(new FakeClock());
  models.watchPredictions(statistics.listener);
  const health = new Health();
  health.set("serving");
  const refused = async (model: string): Promise<Problem> => new Problem("OIP_NOT_CONFIGURED", { model });
  const context = {
    models,
    health,
    statistics,
    repository: { load: refused, unload: refused },
    engine: "onnxruntime",
    serverVersion: "1.2.3",
  };
  const protocol = openInference(context);
  const handle = dispatchRest([...protocol.serving.rest, ...protocol.admin.rest]);
  const methods = new Map([...protocol.serving.grpc, ...protocol.admin.grpc]);
  const server: OpenInferenceServer = {
    context,
    protocol,
    async rest({ url, body, headers = {}, method = body === undefined ? "GET" : "POST" }) {
      const pieces =
        typeof body === "string" ? [Buffer.from(body)] : body instanceof Uint8Array ? [body] : body;
      const response = await handle({ method, url, header: (name) => headers[name], body: pieces ?? [] });
      return { status: response.status, headers: response.headers, body: Buffer.concat([...response.body]) };
    },
    async json(url, body) {
      const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
      const answer = await server.rest({ url, ...(text === undefined ? {} : { body: text }) });
      const parsed: unknown = answer.body.length === 0 ? "" : JSON.parse(answer.body.toString());
      return [answer.status, parsed];
    },
    async grpc(name, message) {
      const method = methods.get(`/${SERVICE}/${name}`);
      if (!method || !("handle" in method)) throw new Error(`${name} is not served`);
      const reply = await method.handle({ message, timeoutMs: undefined });
      return reply instanceof Problem ? [reply.row.grpc, reply.message] : Buffer.concat(reply);
    },
  };
  return server;
}
