// `torchferry serve`: serves version directories over TensorFlow Serving's REST and gRPC, converting first if need be.
import * as fs from "node:fs";
import * as path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { fail } from "../../core/errors.ts";
import type { RunningServer } from "../../server/node/start-server.ts";
import { defaultEngine } from "../default-engine.ts";
import type { Io } from "../io.ts";
import { collectInput, INPUT_FLAG, INPUT_FLAG_TEXT, type InputSpecs } from "../model-inputs/input-flag.ts";
import { packageVersion } from "../package-version.ts";
import { versionsIn } from "../saved-model-directory.ts";
import { seconds } from "../seconds.ts";
import { cacheBase, isConverted, modelName } from "../serve/model-cache.ts";

/** A port number, `off`, or `any` for a free one. */
type Port = number | "off" | "any";

interface ServeFlags {
  model_name?: string;
  model_base_path?: string;
  port: Port;
  rest_api_port?: Port;
  host?: string;
  input?: InputSpecs;
  file_system_poll_wait_seconds: number;
  rest_api_timeout_in_ms: number;
  json?: boolean;
  verbose?: boolean;
}

const REST_PORT = 8501;

const EXAMPLES = `Examples:
  $ torchferry serve model.pt2
  $ torchferry serve models/resnet
  $ torchferry serve --model_name resnet --model_base_path /srv/models/resnet --port 8500 --rest_api_port 8501
`;

export function serveCommand(io: Io): Command {
  return new Command("serve")
    .summary("serve a model over TensorFlow Serving's REST and gRPC")
    .description(
      "Serves the versions in a directory, or a model file, which is converted into a cache directory first.\n" +
        "Runs until SIGTERM or SIGINT, then finishes the requests in flight and exits with 0.",
    )
    .argument(
      "[model]",
      "a model file (.pt2, .pt, .onnx) or a directory BASE that holds versions: BASE/1, BASE/2, ...",
    )
    .option("--model_name <name>", "name in the URL; by default the file's or directory's")
    .option("--model_base_path <directory>", "directory that holds versions, in place of the argument")
    .option("--port <port>", "gRPC port; 0 for none, any for a free one", parsePort, 8500)
    .option(
      "--rest_api_port <port>",
      `REST port; 0 for none, any for a free one (default: ${REST_PORT}; none with --model_base_path, as in TensorFlow Serving)`,
      parsePort,
    )
    .option("--host <address>", "address to listen on; by default all")
    .option("--file_system_poll_wait_seconds <seconds>", "how often to look for new versions", parseAmount, 1)
    .option("--rest_api_timeout_in_ms <ms>", "how long a REST request may run", parseAmount, 30_000)
    .option(INPUT_FLAG, INPUT_FLAG_TEXT, collectInput)
    .option("--json", "log as JSON lines, and print the addresses as one JSON object")
    .addHelpText("before", EXAMPLES)
    .action(async (target: string | undefined, flags: ServeFlags) => serve(target, flags, io));
}

async function serve(target: string | undefined, flags: ServeFlags, io: Io): Promise<void> {
  const started = performance.now();
  const { makeLog } = await import("../serve/log.ts"); // the other commands do without a logger
  const log = makeLog(io, { json: flags.json ?? false, level: flags.verbose ? "debug" : "info" });
  const model = await prepare(target, flags, io);
  const { startServer } = await import("../../server/node/start-server.ts");
  const server = await startServer({
    models: [model],
    ...listenOptions(target, flags),
    fileSystemPollWaitSeconds: flags.file_system_poll_wait_seconds,
    restApiTimeoutMs: flags.rest_api_timeout_in_ms,
    engine: await defaultEngine(),
    log,
  });
  const stop = io.stopRequested();
  announce(model.name, server, flags, io);
  try {
    const isAvailable = await Promise.race([server.available.then(() => true), stop.then(() => false)]);
    if (isAvailable && !flags.json)
      io.out(`${model.name} is available, ${seconds(started)} after the start\n`);
    await stop;
    log("info", "stopping: requests in flight are finished first");
  } finally {
    await server.drain();
  }
}

interface ServedModel {
  readonly name: string;
  readonly basePath: string;
}

async function prepare(target: string | undefined, flags: ServeFlags, io: Io): Promise<ServedModel> {
  if ((target === undefined) === (flags.model_base_path === undefined)) {
    fail("USAGE", {
      message: "give a model file, a directory or --model_base_path DIRECTORY, one of the three",
    });
  }
  if (flags.model_base_path !== undefined) {
    return { name: flags.model_name ?? "default", basePath: flags.model_base_path };
  }
  const place = target ?? "";
  if (!fs.statSync(place, { throwIfNoEntry: false })?.isDirectory()) {
    const basePath = await convertToCache(place, flags, io);
    return { name: flags.model_name ?? modelName(place), basePath };
  }
  const basePath = path.resolve(place);
  if (versionsIn(basePath).length === 0 && fs.existsSync(path.join(basePath, "saved_model.pb"))) {
    fail("USAGE", {
      message: `${place}: is one version; give the directory that holds the versions: ${path.dirname(basePath)}`,
    });
  }
  return { name: flags.model_name ?? path.basename(basePath), basePath };
}

async function convertToCache(file: string, flags: ServeFlags, io: Io): Promise<string> {
  if (!fs.existsSync(file)) fail("FILE_NOT_FOUND", { file });
  const started = performance.now();
  const base = cacheBase(file, packageVersion(), io.env, flags.input ? JSON.stringify(flags.input) : "");
  const known = isConverted(base);
  if (!known) {
    const { convertFile } = await import("../../convert-file.ts"); // serving alone needs no converter
    await convertFile(file, { output: base, ...(flags.input ? { inputs: flags.input } : {}) });
  }
  const what = known ? "was converted before" : `converted in ${seconds(started)}`;
  if (!flags.json) io.out(`${file}: ${what}: ${base}\n`);
  return base;
}

/** The long form keeps TensorFlow Serving's default, which is no REST; the short one opens both. */
function listenOptions(
  target: string | undefined,
  flags: ServeFlags,
): { port?: number; restApiPort?: number; host?: string } {
  const grpc = flags.port;
  const rest = flags.rest_api_port ?? (target === undefined ? "off" : REST_PORT);
  if (grpc === "off" && rest === "off") {
    fail("USAGE", { message: "--port and --rest_api_port are both off; give one of them" });
  }
  return {
    ...(grpc === "off" ? {} : { port: grpc === "any" ? 0 : grpc }),
    ...(rest === "off" ? {} : { restApiPort: rest === "any" ? 0 : rest }),
    ...(flags.host === undefined ? {} : { host: flags.host }),
  };
}

function announce(name: string, server: RunningServer, flags: ServeFlags, io: Io): void {
  const host = flags.host ?? "localhost";
  const rest =
    server.restPort === undefined
      ? undefined
      : `http://${host}:${server.restPort}/v1/models/${encodeURIComponent(name)}`;
  const grpc = server.grpcPort === undefined ? undefined : `${host}:${server.grpcPort}`;
  if (flags.json) {
    io.out(`${JSON.stringify({ model: name, rest, grpc })}\n`);
    return;
  }
  if (rest !== undefined) io.out(`REST  ${rest}\n`);
  if (grpc !== undefined) io.out(`gRPC  ${grpc}\n`);
}

function parsePort(text: string): Port {
  if (text === "any") return "any";
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new InvalidArgumentError("A number from 0 to 65535, or any, is wanted.");
  }
  return port === 0 ? "off" : port;
}

function parseAmount(text: string): number {
  const amount = Number(text);
  if (text.trim() === "" || !Number.isFinite(amount)) throw new InvalidArgumentError("A number is wanted.");
  return amount;
}
