// The demo: converts a trained network, serves it, asks it over REST and gRPC, and compares with PyTorch's own answers.
// On a terminal the server then stays up to be tried; elsewhere the demo ends, with 1 if a figure is off.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { bytesSource } from "../../dist/core/byte-source.js";
import { readNpy } from "../../dist/tensor/npy.js";
import { grpcPredict } from "./grpc-predict.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(HERE, "../..");
const MAIN = path.join(ROOT, "dist/cli/start.cjs");
const SIGNATURE = "predict_images";
const CLASSES = 10;
/** What PyTorch scores on the held-out images, and how far float32 rounding may take us from its probabilities. */
const PYTORCH_ACCURACY = 0.985;
const ALLOWED_DIFFERENCE = 1e-5;

const { images, shape, labels, recorded } = readExample();
const base = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "torchferry-demo-")), "digits");
process.on("exit", () => fs.rmSync(path.dirname(base), { recursive: true, force: true }));
try {
  await demo();
} catch (error) {
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
}

async function demo() {
  const model = path.relative(process.cwd(), path.join(HERE, "digits.pt2"));
  torchferry(
    ["convert", model, "--output", base, "--signature", SIGNATURE],
    ["--output-names", "probabilities,features"],
  );
  torchferry(["show", "--dir", path.join(base, "1"), "--tag_set", "serve", "--signature_def", SIGNATURE]);
  const server = await serve();
  try {
    const isRight = await compare(server);
    printCurl(server);
    if (process.stdin.isTTY) {
      console.log("\nThe server stays up; stop it with Ctrl-C.");
      await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
    } else if (!isRight) process.exitCode = 1;
  } finally {
    server.child.kill("SIGTERM");
    await server.exited;
  }
}

function readExample() {
  const read = (name) => readNpy(bytesSource(name, new Uint8Array(fs.readFileSync(path.join(HERE, name)))));
  const floats = (tensor) => new Float32Array(new Uint8Array(tensor.read()).buffer);
  const image = read("image.npy");
  const labels = Array.from(new BigInt64Array(new Uint8Array(read("labels.npy").read()).buffer), Number);
  return {
    images: floats(image),
    shape: image.shape,
    labels,
    recorded: floats(read("probabilities.npy")),
  };
}

/** Runs a command as one would type it, its output on ours. */
function torchferry(...lines) {
  const args = lines.flat();
  console.log(`\n$ torchferry ${args.join(" ")}`);
  const { status } = spawnSync(process.execPath, [MAIN, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error(`torchferry ${args[0]} ended with ${status}`);
}

/** Starts the server and resolves to its addresses once it has a version to serve. */
async function serve() {
  const [grpc, rest] = await Promise.all(
    [8500, 8501].map(async (port) => ((await isFree(port)) ? port : "any")),
  );
  const args = ["serve", base, "--port", String(grpc), "--rest_api_port", String(rest), "--json"];
  console.log(`\n$ torchferry ${args.slice(0, -1).join(" ")}`);
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  child.stderr.on("data", (text) => {
    log += text;
  });
  let log = "";
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), exited.then(() => [])]);
  if (line === undefined) throw new Error(`the server did not start: ${log}`);
  const addresses = JSON.parse(line);
  await untilAvailable(addresses.rest);
  console.log(`REST ${addresses.rest}\ngRPC ${addresses.grpc}`);
  return { ...addresses, child, exited };
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer().on("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}

async function untilAvailable(url) {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(url);
    const status = answer.ok ? await answer.json() : {};
    if (status.model_version_status?.some(({ state }) => state === "AVAILABLE")) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no version became available at ${url}`);
}

/** Prints each way's figures beside PyTorch's and tells whether all are right. */
async function compare({ rest, grpc, model }) {
  const rows = [["", "accuracy", "largest difference from PyTorch", "time"]];
  rows.push(["PyTorch", accuracy(recorded).toFixed(3), "", ""]);
  let isRight = accuracy(recorded).toFixed(3) === String(PYTORCH_ACCURACY);
  const ways = { REST: () => restPredict(rest), gRPC: () => grpcProbabilities(grpc, model) };
  for (const [name, predict] of Object.entries(ways)) {
    const started = performance.now();
    const probabilities = await predict();
    const time = `${Math.round(performance.now() - started)} ms`;
    const difference = largestDifference(probabilities, recorded);
    rows.push([name, accuracy(probabilities).toFixed(3), difference.toExponential(1), time]);
    isRight &&= accuracy(probabilities) === accuracy(recorded) && difference <= ALLOWED_DIFFERENCE;
  }
  console.log(`\n${labels.length} held-out images, sent as one batch:`);
  for (const [name, ...figures] of rows) {
    console.log(
      `${name.padEnd(9)}${figures[0].padStart(8)}${figures[1].padStart(34)}${figures[2].padStart(9)}`,
    );
  }
  if (!isRight) console.error("demo: a figure is off");
  return isRight;
}

async function restPredict(url) {
  const body = JSON.stringify({
    signature_name: SIGNATURE,
    instances: labels.map((_, index) => nestedImage(index)),
  });
  const answer = await fetch(`${url}:predict`, { method: "POST", body });
  const { predictions, error } = await answer.json();
  if (error) throw new Error(error);
  return Float32Array.from(predictions.flatMap((row) => row.probabilities));
}

async function grpcProbabilities(address, model) {
  const outputs = await grpcPredict(address, model, SIGNATURE, { image: { shape, data: images } });
  return outputs.probabilities;
}

/** One image as nested lists of shape (1, 8, 8). */
function nestedImage(index) {
  const [, channels, height, width] = shape;
  const pixel = (c, y, x) => images[((index * channels + c) * height + y) * width + x];
  const range = (size) => Array.from({ length: size }, (_, at) => at);
  return range(channels).map((c) => range(height).map((y) => range(width).map((x) => pixel(c, y, x))));
}

function accuracy(probabilities) {
  const hits = labels.filter((label, index) => {
    const row = probabilities.subarray(index * CLASSES, (index + 1) * CLASSES);
    return row.indexOf(Math.max(...row)) === label;
  });
  return hits.length / labels.length;
}

function largestDifference(a, b) {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, value, at) => {
    return Math.max(most, Math.abs(value - b[at])); // NaN stays NaN, and fails the check
  }, 0);
}

function printCurl({ rest }) {
  const instances = JSON.stringify({ instances: [nestedImage(1)] });
  console.log(`\nTry it (a ${labels[1]}):\ncurl -d '${instances}' ${rest}:predict`);
}
