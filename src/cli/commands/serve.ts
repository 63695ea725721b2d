// `torchferry serve`: serves version directories over TensorFlow Serving's REST and gRPC, converting first if need be.
import * as fs from "node:fs";
import * as path from "node:path";
import { Command } from "commander";
import { FerryError, fail } from "../../core/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import type { ServedModel } from "../../server/node/serve-options.ts";
import type { RunningServer } from "../../server/node/start-server.ts";
import { statusName } from "../../server/status-names.ts";
import { addEngineFlags, type EngineFlags, engineOf } from "../engine-flags.ts";
import type { Io } from "../io.ts";
import { defaultConfigText } from "../load-config.ts";
import { collectInput, INPUT_FLAG, INPUT_FLAG_TEXT, type InputSpecs } from "../model-inputs/input-flag.ts";
import { packageVersion } from "../package-version.ts";
import { versionsIn } from "../saved-model-directory.ts";
import { seconds } from "../seconds.ts";
import {
  CONVERT_FLAG,
  CONVERT_MEMORY_FLAG,
  CONVERT_SECONDS_FLAG,
  type ConvertFlags,
} from "../serve/convert-flags.ts";
import type { CacheOptions } from "../serve/converted-file.ts";
import { flagOptions, ignoredFlags, type Port, type ServeFlags } from "../serve/flags.ts";
import type { LevelControl, Log } from "../serve/log.ts";
import type { SessionConfig } from "../serve/session-config.ts";
import { keepObjectsYoung } from "../serve/young-objects.ts";

type Flags = ServeFlags & EngineFlags & ConvertFlags & { readonly input?: InputSpecs };

const REST_PORT = 8501;

const EXAMPLES = `Examples:
  $ torchferry serve model.pt2
  $ torchferry serve models/resnet
  $ torchferry serve --model_name resnet --model_base_path /srv/models/resnet --port 8500 --rest_api_port 8501
  $ torchferry serve --model_config_file models.config --model_config_file_poll_wait_seconds 60
`;

export function serveCommand(io: Io): Command {
  const command = new Command("serve")
    .summary("serve models over TensorFlow Serving's REST and gRPC")
    .description(
      "Serves the versions in a directory, or a model file, which is converted into a cache directory first.\n" +
        "Takes every flag of tensorflow_model_server; those without an effect here are not listed.\n" +
        "Runs until SIGTERM or SIGINT, then finishes the requests in flight and exits with 0.",
    )
    .argument(
      "[model]",
      "a model file (.pt2, .pt, .onnx) or a directory BASE that holds versions: BASE/1, BASE/2, ...",
    );
  for (const option of flagOptions()) command.addOption(option);
  return addEngineFlags(command)
    .addOption(CONVERT_FLAG)
    .addOption(CONVERT_SECONDS_FLAG)
    .addOption(CONVERT_MEMORY_FLAG)
    .option(INPUT_FLAG, INPUT_FLAG_TEXT, collectInput)
    .option("--json", "log as JSON lines, and print the addresses as one JSON object")
    .addHelpText("before", EXAMPLES)
    .action(async (target: string | undefined, flags: Flags) => serve(target, flags, io));
}

async function serve(target: string | undefined, flags: Flags, io: Io): Promise<void> {
  if (flags.version) {
    io.out(`TensorFlow ModelServer: torchferry ${packageVersion()}\nTensorFlow Library: onnxruntime\n`);
    return;
  }
  const started = performance.now();
  keepObjectsYoung();
  const { makeLog } = await import("../serve/log.ts"); // the other commands do without a logger
  const log = makeLog(io, { json: flags.json ?? false, level: flags.verbose ? "debug" : "info" });
  for (const warning of ignoredFlags(flags)) log("warn", warning);
  const stopping = new AbortController();
  // From here on, so that a conversion or a first load that is asked to stop ends well too.
  const stop = io.stopRequested().then(() => stopping.abort());
  const running = await start(target, flags, log, io, stopping.signal).catch((error: unknown) => {
    if (stopping.signal.aborted) return undefined; // what was under way was given up
    // Scripts around tensorflow_model_server look for this line.
    if (target === undefined && error instanceof FerryError && error.code !== "USAGE") {
      io.out(`Failed to start server. Error: ${statusName(error.row.grpc)}: ${error.message}\n`);
    }
    throw error;
  });
  if (!running) return;
  const { models, server } = running;
  for (const { name } of models) announce(name, server, flags, io);
  try {
    const isAvailable = await Promise.race([server.available.then(() => true), stop.then(() => false)]);
    if (isAvailable && !flags.json) {
      const verb = models.length === 1 ? "is" : "are";
      const names = models.map((model) => model.name).join(", ") || "nothing";
      io.out(`${names} ${verb} available, ${seconds(started)} after the start\n`);
    }
    await Promise.race([stop, server.failed]);
    log("info", "stopping: requests in flight are finished first");
  } finally {
    stopping.abort();
    await server.drain();
  }
}

async function start(
  target: string | undefined,
  flags: Flags,
  log: Log & LevelControl,
  io: Io,
  stopping: AbortSignal,
): Promise<{ readonly models: readonly ServedModel[]; readonly server: RunningServer }> {
  const models = await prepare(target, flags, log, io, stopping);
  const { startServer } = await import("../../server/node/start-server.ts");
  const { serveOptions } = await import("../serve/serve-options.ts");
  const options = await serveOptions(flags, log);
  const { readSessionConfig } = await import("../serve/session-config.ts");
  const session = await readSessionConfig(flags.tensorflow_session_config_file, flags.engine, log);
  const server = await startServer({
    models,
    ...listenOptions(target, flags, log),
    ...options,
    intraOpThreads: options.intraOpThreads || session.intraOpThreads,
    engine: await engineFor(flags, session, log, io, stopping),
    modelFiles: flags.convert ?? false,
    log,
    setLogLevel: log.setLevel,
    version: packageVersion(),
    stopping,
  });
  return { models, server };
}

async function engineFor(
  flags: Flags,
  session: SessionConfig,
  log: Log,
  io: Io,
  stopping: AbortSignal,
): Promise<Engine> {
  if (flags.tensorflow_inter_op_parallelism > 0 && flags.engine === "onnxruntime") {
    log(
      "warn",
      "--tensorflow_inter_op_parallelism has no effect: onnxruntime runs operators one after another",
    );
  }
  const engine = await engineOf(flags, io, {
    interOpThreads: flags.tensorflow_inter_op_parallelism || session.interOpThreads,
    sessionConfig: session.bytes,
    tags: flags.saved_model_tags.split(",").filter((tag) => tag !== ""),
    tell: (message) => log("info", message),
  });
  if (!flags.convert) return engine;
  const { convertingEngine } = await import("../serve/converting-engine.ts");
  return convertingEngine({ engine, ...conversionOf(flags, log, io, stopping) });
}

/** How model files are converted, whether they are versions or the argument. */
function conversionOf(flags: Flags, log: Log, io: Io, signal: AbortSignal): CacheOptions {
  return {
    limits: { maxSeconds: flags.convert_max_seconds, maxBytes: flags.convert_max_memory },
    command: io.ownCommand(),
    version: packageVersion(),
    config: defaultConfigText(),
    env: io.env,
    log,
    signal,
  };
}

async function prepare(
  target: string | undefined,
  flags: Flags,
  log: Log,
  io: Io,
  stopping: AbortSignal,
): Promise<readonly ServedModel[]> {
  const { model_config_file: configFile, model_base_path: given } = flags;
  if (target !== undefined && (configFile !== "" || given !== "")) {
    fail("USAGE", { message: `${target} is one thing to serve and a flag names another; give one of them` });
  }
  if (configFile !== "") {
    if (given !== "") log("warn", "--model_base_path has no effect beside --model_config_file");
    const { configuredModels } = await import("../serve/serve-options.ts");
    return configuredModels(configFile, log);
  }
  if (given !== "") return [{ name: flags.model_name ?? "default", basePath: path.resolve(given) }];
  if (target === undefined) {
    fail("USAGE", {
      message:
        "give a model file, a directory, --model_base_path DIRECTORY or --model_config_file FILE, one of the four",
    });
  }
  return [await prepareTarget(target, flags, io, conversionOf(flags, log, io, stopping))];
}

async function prepareTarget(
  place: string,
  flags: Flags,
  io: Io,
  conversion: CacheOptions,
): Promise<ServedModel> {
  if (!fs.statSync(place, { throwIfNoEntry: false })?.isDirectory()) {
    const basePath = await convertToCache(place, flags, io, conversion);
    const { modelName } = await import("../serve/model-cache.ts");
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

async function convertToCache(file: string, flags: Flags, io: Io, conversion: CacheOptions): Promise<string> {
  if (!fs.existsSync(file)) fail("FILE_NOT_FOUND", { file });
  const started = performance.now();
  const { convertOnce, placeOf } = await import("../serve/converted-file.ts");
  const base = placeOf(file, conversion, flags.input);
  const converted = await convertOnce(file, base, conversion, flags.input);
  const what = converted ? `converted in ${seconds(started)}` : "was converted before";
  if (!flags.json) io.out(`${file}: ${what}: ${base}\n`);
  return base;
}

/** The long form keeps TensorFlow Serving's default, which is no REST; the short one opens both. */
function listenOptions(
  target: string | undefined,
  flags: Flags,
  log: Log,
): { port?: number; restApiPort?: number; host?: string } {
  const grpc = flags.port;
  const rest = usableRest(flags.rest_api_port ?? (target === undefined ? "off" : REST_PORT), grpc, log);
  if (grpc === "off" && flags.grpc_socket_path === "" && (rest === "off" || flags.tf_serving_strict)) {
    fail("USAGE", {
      message: flags.tf_serving_strict
        ? "At least one of server_options.grpc_port or server_options.grpc_socket_path must be set."
        : "--port and --rest_api_port are both off; give one of them",
    });
  }
  return {
    ...(grpc === "off" ? {} : { port: grpc === "any" ? 0 : grpc }),
    ...(rest === "off" ? {} : { restApiPort: rest === "any" ? 0 : rest }),
    ...(flags.host === undefined ? {} : { host: flags.host }),
  };
}

function usableRest(rest: Port, grpc: Port, log: Log): Port {
  if (typeof rest !== "number" || rest !== grpc) return rest;
  log(
    "error",
    "server_options.http_port cannot be same as grpc_port. Please use a different port for HTTP/REST API. Skipped exporting HTTP/REST API.",
  );
  return "off";
}

function announce(name: string, server: RunningServer, flags: Flags, io: Io): void {
  const host = flags.host ?? "localhost";
  const scheme = flags.rest_api_ssl_config_file === "" ? "http" : "https";
  const rest =
    server.restPort === undefined
      ? undefined
      : `${scheme}://${host}:${server.restPort}/v1/models/${encodeURIComponent(name)}`;
  const grpc = server.grpcPort === undefined ? undefined : `${host}:${server.grpcPort}`;
  const admin = server.adminPort === undefined ? undefined : `${flags.admin_host}:${server.adminPort}`;
  if (flags.json) {
    io.out(`${JSON.stringify({ model: name, rest, grpc, admin })}\n`);
    return;
  }
  if (rest !== undefined) io.out(`REST  ${rest}\n`);
  if (grpc !== undefined) io.out(`gRPC  ${grpc}\n`);
}
