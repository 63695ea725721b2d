// A server over TensorFlow Serving's REST. It takes Predict alone: requests on tf.Examples have another form there.
// What an answer's numbers are is asked of the server once for each signature.
import { Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as SecureAgent } from "node:https";
import { TENSORFLOW_NAMES, tensorflowDtype } from "../bytes/protobuf/tensorflow-dtypes.ts";
import { Problem } from "../core/errors.ts";
import type { TensorSpec } from "../model/signature.ts";
import { WireError } from "../server/grpc/wire.ts";
import { inSlices } from "../server/slices.ts";
import {
  decodePredictRequest,
  type WireModelSpec,
  type WirePredictRequest,
} from "../server/tensorflow-serving/grpc/predict-request.ts";
import type { LoggedRequest } from "./read-requests.ts";
import { readResponse, writeRequest } from "./rest-body.ts";
import type { Answer, Failure, Target, Timed } from "./target.ts";

interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** A signature's outputs in a list, so that they are told from a failure. */
type Outputs = readonly TensorSpec[];

export class RestTarget implements Target {
  readonly address: string;
  readonly #timeoutMs: number;
  readonly #agent: Agent;
  readonly #outputs = new Map<string, Promise<Outputs | Failure>>();

  constructor(address: string, timeoutMs: number) {
    this.address = address.replace(/\/+$/, "");
    this.#timeoutMs = timeoutMs;
    this.#agent = address.startsWith("https:")
      ? new SecureAgent({ keepAlive: true })
      : new Agent({ keepAlive: true });
  }

  async send({ method, request }: LoggedRequest): Promise<Timed> {
    if (method !== "Predict") return unsent("UNIMPLEMENTED", `${method} is sent over gRPC alone`);
    const predict = await decoded(request);
    if ("status" in predict) return { answer: predict, milliseconds: 0 };
    const place = placeOf(predict.modelSpec);
    const signature = predict.modelSpec?.signatureName || "serving_default";
    const body = bodyOf(signature, predict);
    if (body instanceof Problem) return unsent("UNIMPLEMENTED", body.message);
    const outputs = await this.#outputsOf(place, signature);
    if ("status" in outputs) return { answer: outputs, milliseconds: 0 };
    const began = performance.now();
    const received = await this.#exchange("POST", `${place}:predict`, body);
    const milliseconds = performance.now() - began;
    return { milliseconds, answer: await answerOf(received, outputs, predict.outputFilter) };
  }

  async close(): Promise<void> {
    this.#agent.destroy();
  }

  #outputsOf(place: string, signature: string): Promise<Outputs | Failure> {
    const key = `${place} ${signature}`;
    const known = this.#outputs.get(key);
    if (known) return known;
    const asked = this.#exchange("GET", `${place}/metadata`).then((received) =>
      "body" in received && received.status === 200
        ? outputsIn(received.body, signature)
        : failureOf(received),
    );
    this.#outputs.set(key, asked);
    // A server that was not ready is asked again.
    void asked.then((outputs) => "status" in outputs && this.#outputs.delete(key));
    return asked;
  }

  #exchange(method: string, path: string, body?: Buffer): Promise<HttpAnswer | Failure> {
    return new Promise((resolve) => {
      const send = this.address.startsWith("https:") ? requestHttps : requestHttp;
      const headers = body ? { "Content-Type": "application/json", "Content-Length": body.length } : {};
      const options = { method, agent: this.#agent, headers, timeout: this.#timeoutMs };
      const call = send(`${this.address}${path}`, options, (answer) => receive(answer, resolve));
      call.on("error", (error) => resolve({ status: "UNAVAILABLE", message: error.message }));
      call.on("timeout", () => {
        resolve({ status: "DEADLINE_EXCEEDED", message: `no answer for ${this.#timeoutMs} ms` });
        call.destroy();
      });
      call.end(body);
    });
  }
}

/** The request, or what a server over gRPC would say about bytes that are none. */
async function decoded(request: Uint8Array): Promise<WirePredictRequest | Failure> {
  try {
    return await inSlices(decodePredictRequest(request));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { status: "INVALID_ARGUMENT", message: `the logged request is none: ${error.message}` };
  }
}

function receive(answer: IncomingMessage, resolve: (received: HttpAnswer | Failure) => void): void {
  const pieces: Buffer[] = [];
  answer.on("data", (piece: Buffer) => pieces.push(piece));
  answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(pieces) }));
  answer.on("error", (error) => resolve({ status: "UNAVAILABLE", message: error.message }));
}

function placeOf(spec: WireModelSpec | undefined): string {
  const model = `/v1/models/${encodeURIComponent(spec?.name ?? "")}`;
  if (spec?.version !== undefined) return `${model}/versions/${spec.version}`;
  return spec?.label ? `${model}/labels/${encodeURIComponent(spec.label)}` : model;
}

function bodyOf(signature: string, { inputs }: WirePredictRequest): Buffer | Problem {
  return writeRequest(
    signature,
    new Map([...inputs].flatMap(([name, value]) => (value === "unparsable" ? [] : [[name, value]]))),
  );
}

async function answerOf(
  received: HttpAnswer | Failure,
  outputs: Outputs,
  filter: readonly string[],
): Promise<Answer> {
  if (!("body" in received) || received.status !== 200) return failureOf(received);
  const tensors = await readResponse(received.body, outputs);
  if (tensors instanceof Problem) return { status: "UNPARSABLE", message: tensors.message };
  // REST has no filter of its own.
  return filter.length === 0 ? tensors : new Map([...tensors].filter(([name]) => filter.includes(name)));
}

function failureOf(received: HttpAnswer | Failure): Failure {
  if (!("body" in received)) return received;
  const { error } = parsed(received.body) as { readonly error?: unknown }; // whatever it is, it is looked at
  return { status: String(received.status), message: typeof error === "string" ? error : "no message" };
}

/** The signature's outputs as the metadata tell them. */
function outputsIn(body: Buffer, signature: string): Outputs | Failure {
  const at = (value: unknown, key: string): unknown =>
    typeof value === "object" && value !== null
      ? new Map<string, unknown>(Object.entries(value)).get(key)
      : {};
  const signatures = at(at(at(parsed(body), "metadata"), "signature_def"), "signature_def");
  const outputs = at(at(signatures, signature), "outputs");
  if (typeof outputs !== "object" || outputs === null || Object.keys(outputs).length === 0) {
    return { status: "400", message: `the model has no signature ${signature}` };
  }
  return Object.entries(outputs).map(([key, info]) => {
    const number = TENSORFLOW_NAMES[String(at(info, "dtype"))] ?? 0;
    const dtype = tensorflowDtype(number);
    return { key, dtype, shape: undefined, tensorName: key, tensorflowDtype: number };
  });
}

function parsed(body: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(body.toString());
    return value ?? {};
  } catch {
    return {}; // no JSON has no members either
  }
}

function unsent(status: string, message: string): Timed {
  return { answer: { status, message }, milliseconds: 0 };
}
