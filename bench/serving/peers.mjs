// Other servers around onnxruntime, each with the same model file and one thread in the engine, on the same core as ours.
// Their programs, which say how each is configured, are in conformance/bench/servers/; conformance/ installs them.
import { connect } from "node:net";
import path from "node:path";
import { conformance, conformanceFile } from "../processes.mjs";
import { familyPids } from "./cpu-time.mjs";
import { becomesReady, freePorts, SERVER_CORE, spawnOn } from "./pinned-process.mjs";
import { jsonRequest, WAYS } from "./requests.mjs";

const SERVERS = conformanceFile("bench/servers");

const REST_PEERS = {
  FastAPI: { environment: "fastapi", command: script("fastapi_server.py", "documented"), request: instances },
  "FastAPI, bare": {
    environment: "fastapi",
    command: script("fastapi_server.py", "bare"),
    request: instances,
  },
  LitServe: { environment: "litserve", command: script("litserve_server.py"), request: instances },
  MLServer: {
    environment: "mlserver",
    command: script("mlserver_server.py"),
    request: inferRequest,
    numbers: (answer) => JSON.parse(answer).outputs[0].data,
  },
  BentoML: {
    environment: "bentoml",
    command: (_, port) => [
      "-m",
      "bentoml",
      "serve",
      "bentoml_server:Tiny",
      "--host",
      "127.0.0.1",
      "--port",
      port,
    ],
    request: instances,
    numbers: (answer) => JSON.parse(answer).flat(),
  },
};

/** By name: what starts it, from a model and on; resolves to what measure-model.mjs measures. */
const PEERS = {
  ...Object.fromEntries(
    Object.entries(REST_PEERS).map(([name, peer]) => [name, (model) => startRest(name, peer, model)]),
  ),
  grpcio: (model) => startGrpc("grpcio", model, "threads"),
  "grpcio, asyncio": (model) => startGrpc("grpcio, asyncio", model, "asyncio"),
};

/** Starters of those that a list names, `all` or `none`. Throws when a name is unknown. */
export function startersOf(list) {
  if (list === "all" || list === "none") return list === "all" ? Object.values(PEERS) : [];
  return list.split("+").map((name) => {
    if (Object.hasOwn(PEERS, name)) return PEERS[name];
    throw new Error(`--peers is all, none, or several of ${Object.keys(PEERS).join("+")}`);
  });
}

/** Names of the peers over REST and over gRPC. */
export const REST_NAMES = Object.keys(REST_PEERS);
export const GRPC_NAMES = Object.keys(PEERS).filter((name) => name.startsWith("grpcio"));

async function startRest(name, { environment, command, request, numbers = WAYS.JSON.numbers }, model) {
  const [port] = await freePorts(1);
  const { child, stop } = startPython(environment, command(modelFile(model), String(port)), model);
  const sent = request(model);
  const { body, headers, path: route } = sent;
  await becomesReady(name, child, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}${route}`, { method: "POST", body, headers });
    await answer.arrayBuffer();
    return answer.ok;
  }).catch(stopAndThrow(stop));
  return { name, transport: "http1", port, request: sent, numbers, pids: familyPids(child.pid), stop };
}

async function startGrpc(name, model, kind) {
  const [port] = await freePorts(1);
  const command = ["grpcio_server.py", modelFile(model), String(port), kind];
  const { child, stop } = startPython("tensorflow", command, model);
  await becomesReady(name, child, () => isListening(port)).catch(stopAndThrow(stop));
  const { transport, request, numbers } = WAYS.gRPC;
  const sent = request(model.name, model.input, model.json);
  return { name, transport, port, request: sent, numbers, pids: familyPids(child.pid), stop };
}

function startPython(environment, args, model) {
  const python = conformance("environment.py", environment);
  return spawnOn(SERVER_CORE, [python, ...args], {
    cwd: SERVERS,
    stdio: "ignore",
    env: { ...process.env, BENCH_MODEL: modelFile(model), BENTOML_DO_NOT_TRACK: "True" },
  });
}

function script(name, ...options) {
  return (model, port) => [name, model, port, ...options];
}

function modelFile({ directory }) {
  return path.join(directory, "model.onnx");
}

function instances({ json }) {
  return jsonRequest("/predict", `{"instances": ${json}}`);
}

function inferRequest({ name, input, json }) {
  const { name: input_name, shape } = input;
  const tensor = `{"name": "${input_name}", "shape": [${shape}], "datatype": "FP32", "data": ${json}}`;
  return jsonRequest(`/v2/models/${name}/infer`, `{"id": "1", "inputs": [${tensor}]}`);
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

function stopAndThrow(stop) {
  return async (error) => {
    await stop();
    throw error;
  };
}
