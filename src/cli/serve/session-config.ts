// --tensorflow_session_config_file: a TensorFlow session's ConfigProto in text form.
// As in TensorFlow Serving, flags for threads win over the file. TensorFlow gets all of it but what is for GPUs;
// onnxruntime's part is the number of threads inside an operator.
import { clearField, isFieldSet, toBinary } from "@bufbuild/protobuf";
import { type ConfigProto, ConfigProtoSchema } from "../../bytes/protobuf/generated/tensorflow_config_pb.ts";
import { Problem, raise } from "../../core/errors.ts";
import { readConfigFile } from "../../server/node/config-file.ts";
import type { Log } from "./log.ts";

export interface SessionConfig {
  /** 0 lets the engine choose; likewise the next. */
  readonly intraOpThreads: number;
  readonly interOpThreads: number;
  /** For TensorFlow, encoded. */
  readonly bytes: Uint8Array | undefined;
}

const FLAG = "--tensorflow_session_config_file";

const GPU_FIELDS = [ConfigProtoSchema.field.gpuOptions, ConfigProtoSchema.field.pluggableDeviceOptions];

/** Reads the file; without one nothing is asked for. Throws CONFIG_UNREADABLE or CONFIG_UNPARSABLE. */
export async function readSessionConfig(file: string, engine: string, log: Log): Promise<SessionConfig> {
  if (file === "") return { intraOpThreads: 0, interOpThreads: 0, bytes: undefined };
  const config = await readConfigFile(ConfigProtoSchema, file);
  if (config instanceof Problem) {
    raise([config]);
    throw config; // raise has thrown
  }
  for (const field of GPU_FIELDS) {
    if (!isFieldSet(config, field)) continue;
    log("warn", `${FLAG}: ${field.name} has no effect: models run on the CPU`);
    clearField(config, field);
  }
  if (engine === "onnxruntime") warnOfUnused(config, log);
  return {
    intraOpThreads: Math.max(0, config.intraOpParallelismThreads),
    interOpThreads: config.interOpParallelismThreads,
    bytes: toBinary(ConfigProtoSchema, config),
  };
}

function warnOfUnused(config: ConfigProto, log: Log): void {
  const { intraOpParallelismThreads: used } = ConfigProtoSchema.field;
  const unused = ConfigProtoSchema.fields.filter((field) => field !== used && isFieldSet(config, field));
  if (unused.length === 0) return;
  const names = unused.map((field) => field.name).join(", ");
  log("warn", `${FLAG}: ${names}: no effect in onnxruntime; --engine tensorflow takes them`);
}
