// The text form of messages, and descriptors that name the values of enumerations. The generated messages hold these as
// plain integers; text and reflection know them by name, so they are put back as TensorFlow's own files have them.
// Source: tensorflow/core/framework/types.proto, tensorflow_serving/apis/get_model_status.proto and status.proto,
// tensorflow_serving/config/model_server_config.proto.
// Invariant: the wire form does not change: a field's number and its varint stay.
import {
  clone,
  create,
  createFileRegistry,
  type DescFile,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  type JsonValue,
  type MessageShape,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { fromText, toText } from "@bufbuild/protobuf/txtpb";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { TENSORFLOW_NAMES } from "./tensorflow-dtypes.ts";

/** An enumeration: the file and the message it is added to, its name there, and its values. */
interface Enumeration {
  readonly file: string;
  /** Values of one scope may not share names, so that most enumerations stand in a message, as the originals do. */
  readonly inside?: string;
  readonly name: string;
  readonly values: Readonly<Record<string, number>>;
  /** Fields that hold it, as `Message.field`. */
  readonly fields: readonly string[];
}

const CODES =
  "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED";

const DATATYPES = "INVALID BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 FP32 FP64 STRING BF16";

/** Fields of RewriterConfig that turn an optimizer on or off. */
const TOGGLES =
  "layout_optimizer constant_folding shape_optimization remapping common_subgraph_elimination arithmetic_optimization dependency_optimization loop_optimization function_optimization debug_stripper scoped_allocator_optimization pin_to_host_optimization implementation_selector auto_mixed_precision auto_mixed_precision_mkl auto_mixed_precision_onednn_bfloat16 auto_mixed_precision_cpu use_plugin_optimizers experimental_conditional_code_motion";

/** Of a session's configuration; source: tensorflow/core/protobuf/config.proto and rewriter_config.proto. */
const SESSION_ENUMERATIONS: readonly Omit<Enumeration, "file">[] = [
  {
    inside: "OptimizerOptions",
    name: "Level",
    values: { L1: 0, L0: -1 },
    fields: ["OptimizerOptions.opt_level"],
  },
  {
    inside: "OptimizerOptions",
    name: "GlobalJitLevel",
    values: { DEFAULT: 0, OFF: -1, ON_1: 1, ON_2: 2 },
    fields: ["OptimizerOptions.global_jit_level"],
  },
  {
    inside: "RewriterConfig",
    name: "CpuLayout",
    values: { NO_CONVERSION_ON_CPU: 0, NCHW_TO_NHWC: 1, NHWC_TO_NCHW: 2 },
    fields: ["RewriterConfig.cpu_layout_conversion"],
  },
  {
    inside: "RewriterConfig",
    name: "Toggle",
    values: { DEFAULT: 0, ON: 1, OFF: 2, AGGRESSIVE: 3, EXPERIMENTAL_MLIR: 4, EXPERIMENTAL_BOTH: 5 },
    fields: TOGGLES.split(" ").map((name) => `RewriterConfig.${name}`),
  },
  {
    inside: "RewriterConfig",
    name: "NumIterationsType",
    values: { DEFAULT_NUM_ITERS: 0, ONE: 1, TWO: 2 },
    fields: ["RewriterConfig.meta_optimizer_iterations"],
  },
  {
    inside: "RewriterConfig",
    name: "MemOptType",
    values: {
      DEFAULT_MEM_OPT: 0,
      NO_MEM_OPT: 1,
      MANUAL: 2,
      HEURISTICS: 3,
      SWAPPING_HEURISTICS: 4,
      RECOMPUTATION_HEURISTICS: 5,
      SCHEDULING_HEURISTICS: 6,
    },
    fields: ["RewriterConfig.memory_optimization"],
  },
  {
    inside: "SessionExperimental",
    name: "MlirBridgeRollout",
    values: {
      MLIR_BRIDGE_ROLLOUT_UNSPECIFIED: 0,
      MLIR_BRIDGE_ROLLOUT_ENABLED: 1,
      MLIR_BRIDGE_ROLLOUT_DISABLED: 2,
    },
    fields: ["SessionExperimental.mlir_bridge_rollout"],
  },
];

const ENUMERATIONS: readonly Enumeration[] = [
  ...SESSION_ENUMERATIONS.map((one) => ({ file: "tensorflow_config", ...one })),
  {
    file: "tensorflow",
    name: "DataType",
    values: TENSORFLOW_NAMES,
    fields: ["TensorProto.dtype", "TensorInfo.dtype"],
  },
  {
    file: "tensorflow_serving",
    inside: "ModelVersionStatus",
    name: "State",
    values: { UNKNOWN: 0, START: 10, LOADING: 20, AVAILABLE: 30, UNLOADING: 40, END: 50 },
    fields: ["ModelVersionStatus.state"],
  },
  {
    file: "tensorflow_serving",
    name: "ModelType",
    values: { MODEL_TYPE_UNSPECIFIED: 0, TENSORFLOW: 1, OTHER: 2 },
    fields: ["ModelConfig.model_type"],
  },
  {
    file: "tensorflow_serving",
    inside: "StatusProto",
    name: "Code",
    values: Object.fromEntries(CODES.split(" ").map((name, number) => [name, number])),
    fields: ["StatusProto.error_code"],
  },
  {
    file: "open_inference",
    name: "DataType",
    values: Object.fromEntries(DATATYPES.split(" ").map((name, number) => [`TYPE_${name}`, number])),
    fields: ["ModelInput.data_type", "ModelOutput.data_type"],
  },
  {
    file: "grpc_health",
    inside: "HealthCheckResponse",
    name: "ServingStatus",
    values: { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 },
    fields: ["HealthCheckResponse.status"],
  },
];

/** The descriptors of generated files and of all they import, with their enumerations; imports first. */
export function namedDescriptors(files: readonly DescFile[]): readonly FileDescriptorProto[] {
  const found = new Map<string, FileDescriptorProto>();
  const add = (file: DescFile): void => {
    if (found.has(file.name)) return;
    for (const imported of file.dependencies) add(imported);
    found.set(file.name, withEnumerations(file));
  };
  for (const file of files) add(file);
  return [...found.values()];
}

const REGISTRIES = new Map<DescFile, FileRegistry>();

/** What is wrong with a text, and in which of its lines. */
export class TextFormError extends Error {
  readonly line: number;

  constructor(line: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.line = line;
  }
}

/** A message's schema with its enumerations by name, and the registry it is in. */
function namedSchema(schema: DescMessage): { readonly named: DescMessage; readonly registry: FileRegistry } {
  const registry =
    REGISTRIES.get(schema.file) ??
    createFileRegistry(create(FileDescriptorSetSchema, { file: [...namedDescriptors([schema.file])] }));
  REGISTRIES.set(schema.file, registry);
  const named = registry.getMessage(schema.typeName);
  if (!named) throw new Error(`${schema.typeName} is not in its own file`);
  return { named, registry };
}

/** A message as C++'s DebugString prints it. */
export function textOfMessage<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): string {
  const { named } = namedSchema(schema);
  return toText(named, fromBinary(named, toBinary(schema, message))).replace(/: \{(\}?)$/gm, " {$1");
}

/** A message as protobuf's JSON, with every field and the names of the file. */
export function jsonOfMessage<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): JsonValue {
  const { named } = namedSchema(schema);
  const options = { alwaysEmitImplicit: true, useProtoFieldName: true };
  return toJson(named, fromBinary(named, toBinary(schema, message)), options);
}

/** Reads a message's text form. Throws TextFormError. */
export function readTextMessage<Desc extends DescMessage>(schema: Desc, text: string): MessageShape<Desc> {
  const { named, registry } = namedSchema(schema);
  try {
    return fromBinary(schema, toBinary(named, fromText(named, text, { registry })));
  } catch (error) {
    const parse = (part: string): unknown => fromText(named, part, { registry });
    throw new TextFormError(faultyLine(text, messageOf(error), parse), error);
  }
}

/** The library tells no places. It reads from left to right, so the line is the first whose end brings that error. */
function faultyLine(text: string, message: string, parse: (text: string) => unknown): number {
  const lines = text.split("\n");
  if (message.includes("end of input")) return lines.length;
  const failsWithin = (count: number): boolean => {
    try {
      parse(lines.slice(0, count).join("\n"));
      return false;
    } catch (error) {
      return messageOf(error) === message;
    }
  };
  let low = 1;
  let high = lines.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (failsWithin(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function withEnumerations(file: DescFile): FileDescriptorProto {
  const proto = clone(FileDescriptorProtoSchema, file.proto);
  const messageOf = (name: string): DescriptorProto => {
    const message = proto.messageType.find((other) => other.name === name);
    if (!message) throw new Error(`${file.name}: there is no message ${name}`);
    return message;
  };
  for (const one of ENUMERATIONS.filter((other) => other.file === file.name)) {
    (one.inside ? messageOf(one.inside) : proto).enumType.push(enumerationOf(one));
    const place = one.inside ? `${proto.package}.${one.inside}` : proto.package;
    for (const path of one.fields) {
      const [message = "", name] = path.split(".");
      const field = messageOf(message).field.find((other) => other.name === name);
      if (!field) throw new Error(`${file.name}: there is no field ${path}`);
      field.type = FieldDescriptorProto_Type.ENUM;
      field.typeName = `.${place}.${one.name}`;
    }
  }
  return proto;
}

function enumerationOf({ name, values }: Enumeration): EnumDescriptorProto {
  const value = Object.entries(values).map(([key, number]) => ({ name: key, number }));
  return create(EnumDescriptorProtoSchema, { name, value });
}
