// A batch of 64 images as JSON, about 200 MB in one request: what the server works for it and how much it grows, beside
// a server that uses JSON.parse and flattens what it makes (parse-and-flatten.mjs).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { encode, port } from "../engines/models.mjs";
import { median } from "../print-table.mjs";
import { cpuTimeNs } from "./cpu-time.mjs";
import { Http1Connection } from "./http1-connection.mjs";
import { asPythonWritesIt, wave } from "./models.mjs";
import { startOurServer } from "./our-server.mjs";
import { SERVER_CORE, startModule } from "./pinned-process.mjs";
import { WAYS } from "./requests.mjs";

const NAME = "means";
const SHAPE = [64, 3, 224, 224];
const ONE = [1, ...SHAPE.slice(1)];
export const OURS = "torchferry";
/** What the figure that must hold is beside; the other way to flatten is what a careful programmer writes. */
export const PARSE = "JSON.parse, flat(Infinity)";
const LATER_CALLS = 3;
const LARGEST_BODY_BYTES = 2 ** 29;

/** The rows of both servers. Processor time is of the whole request: received, parsed, averaged and answered. */
export async function measureLargeJson(folder, rounds, tell) {
  const base = path.join(folder, NAME);
  mkdirSync(path.join(base, "1"), { recursive: true });
  writeFileSync(path.join(base, "1", "model.onnx"), meansOfImages());
  const [one, request] = [ONE, SHAPE].map(requestOf);
  const starts = {
    [OURS]: () => startOurs(base),
    [PARSE]: () => startParser("flat(Infinity)"),
    "JSON.parse, row by row": () => startParser("row by row"),
  };
  const calls = Object.fromEntries(Object.keys(starts).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, start] of Object.entries(starts)) {
      calls[name].push(await callOften(await start(), one, request));
      const { cpuMs, grownBytes } = calls[name][round];
      tell(
        `64 images as JSON, ${name}: ${cpuMs.toFixed(0)} ms of CPU, grown by ${(grownBytes / 1e6).toFixed(0)} MB`,
      );
    }
  }
  const of = (name, key) => median(calls[name].map((call) => call[key]));
  return Object.keys(calls).map((name) => ({
    body: `${(request.body.length / 1e6).toFixed(0)} MB`,
    server: name,
    "CPU, ms": of(name, "cpuMs").toFixed(0),
    "of torchferry's": median(calls[name].map(({ cpuMs }, i) => cpuMs / calls[OURS][i].cpuMs)).toFixed(2),
    "grown, of the tensor's bytes": (of(name, "grownBytes") / wave(SHAPE).length).toFixed(2),
  }));
}

async function startOurs(base) {
  const flags = ["--rest_api_max_body_bytes", LARGEST_BODY_BYTES];
  const { ports, ...rest } = await startOurServer({ name: NAME, base }, { flags });
  return { port: ports.rest, ...rest };
}

async function startParser(flatten) {
  const { ask, ...rest } = startModule(SERVER_CORE, "parse-and-flatten.mjs");
  return { port: await ask({ flatten }), ...rest };
}

/** How much a server that has answered one image grows with its first 64, and what it works for later ones. */
async function callOften({ port: at, pids, stop }, one, request) {
  try {
    await callOn(at, one, pids, (call) => call());
    return await callOn(at, request, pids, async (call) => {
      const { grownBytes } = await call();
      const later = [];
      while (later.length < LATER_CALLS) later.push(await call());
      return { grownBytes, cpuMs: median(later.map(({ cpuMs }) => cpuMs)) };
    });
  } finally {
    await stop();
  }
}

/** Lets `use` call on a connection: each call resolves to what it cost the processes. */
async function callOn(at, request, pids, use) {
  const connection = await Http1Connection.open(at, request, undefined);
  try {
    return await use(async () => {
      const before = reset(pids);
      const body = await new Promise((resolve, reject) => {
        connection.call((error, answer) => (error ? reject(error) : resolve(answer)));
      });
      const cpuMs = (cpuTimeNs(pids) - before.cpuNs) / 1e6;
      const grownBytes = memory(pids, "VmHWM") - before.bytes;
      checkMeans(WAYS.JSON.numbers(body), request.means);
      return { cpuMs, grownBytes };
    });
  } finally {
    connection.close();
  }
}

/** The request of so many images, and what must be answered. */
function requestOf(shape) {
  return { ...WAYS.JSON.request(NAME, undefined, asPythonWritesIt(wave(shape), shape)), means: means(shape) };
}

/** What is used now; the largest use is counted anew from here (proc_pid_clear_refs(5)). */
function reset(pids) {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return { bytes: memory(pids, "VmRSS"), cpuNs: cpuTimeNs(pids) };
}

/** Bytes of a line of /proc/PID/status, over all processes. */
function memory(pids, field) {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, "m");
  return pids.reduce(
    (sum, pid) => sum + 1024 * Number(line.exec(readFileSync(`/proc/${pid}/status`, "latin1"))[1]),
    0,
  );
}

/** Means of sines are small, and none of them is another's. */
function checkMeans(numbers, expected) {
  const isWrong = (value, i) => !(Math.abs(value - expected[i]) < 1e-6);
  if (numbers.length !== expected.length || numbers.some(isWrong)) throw new Error("wrong means of images");
}

function means([images, channels, height, width]) {
  const count = height * width;
  const values = new Float32Array(wave([images, channels, height, width]).buffer);
  return Array.from({ length: images * channels }, (_, plane) => {
    let sum = 0;
    for (let i = plane * count; i < (plane + 1) * count; i++) sum += values[i];
    return sum / count;
  });
}

/** The mean of each channel: next to no work beside reading the request. */
export function meansOfImages() {
  return encode({
    inputs: [port("x", ["n", ...SHAPE.slice(1)])],
    outputs: [port("y", ["n", 3])],
    weights: [],
    nodes: [
      { opType: "GlobalAveragePool", input: ["x"], output: ["mean"] },
      { opType: "Flatten", input: ["mean"], output: ["y"] },
    ],
  });
}
