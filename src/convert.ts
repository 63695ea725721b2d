// The whole way as one sentence: a model file to a version directory.
// Not here: what each word of it means; see ARCHITECTURE.md for the folders.
import type { BatchAxes, BatchMode } from "./batch/batch-options.ts";
import { type BatchReport, reportBatch } from "./batch/report-batch.ts";
import type { WithGraphs } from "./batch/runnable.ts";
import { settleBatch } from "./batch/settle-batch.ts";
import type { ByteSource } from "./core/byte-source.ts";
import { fail } from "./core/errors.ts";
import type { Config } from "./custom/config.ts";
import { customOperators } from "./custom/custom-operators.ts";
import type { Graph } from "./graph/graph.ts";
import { forTensorFlow } from "./passes/for-tensorflow.ts";
import { type InputsLayout, layOutInputs, turnedInputs } from "./passes/lay-out-inputs.ts";
import { optimize } from "./passes/optimize.ts";
import type { Evaluate } from "./passes/pass.ts";
import { renameEndpoints } from "./passes/rename-endpoints.ts";
import { type ReadOptions, readModel } from "./read/read-model.ts";
import type { InputSpec } from "./read/torchscript/input-spec.ts";
import type { DType } from "./tensor/dtype.ts";
import { type Tensor, tensorFromBytes } from "./tensor/tensor.ts";
import type { TfEndpoint, TfShape } from "./tensorflow/graph.ts";
import { lowerToTensorFlow } from "./tensorflow/lower/lower-to-tensorflow.ts";
import { planVersion, type WriteOptions } from "./write/write-version.ts";

export interface ConvertOptions {
  /** The directory that holds the versions; made if it is not there. Not needed for a dry run. */
  readonly output?: string;
  /** The version's number, at least 1; by default the next free one. */
  readonly version?: number;
  /** Further names of the signature; `serving_default` is always there. */
  readonly signatures?: readonly string[];
  /** New names of the inputs, one for each, in order. */
  readonly inputNames?: readonly string[];
  /** New names of the outputs, one for each, in order. */
  readonly outputNames?: readonly string[];
  /**
   * `nhwc`: images come in as NHWC and volumes as NDHWC, in both engines, without a transpose in TensorFlow; by name for
   * single inputs, with `*` for those that are not named. By default PyTorch's order. Outputs stay in PyTorch's order.
   */
  readonly inputsLayout?: InputsLayout;
  /**
   * A batch that the file fixes: `auto`, the default, frees it where equal results at two other sizes prove it, and keeps
   * it elsewhere; `dynamic` fails with BATCH_FIXED where it is not free; `keep` takes the file as it is.
   */
  readonly batch?: BatchMode;
  /** Which dimension of the inputs is the batch: one number for all, or by (new) name; 0 where it is not said. */
  readonly batchAxis?: BatchAxes;
  /** Stores a convolution's weight once instead of in both orders; model.onnx then takes longer to load. */
  readonly compact?: boolean;
  /**
   * `variables`, the default: weights stand in variables/, for both models. `constants`: inside saved_model.pb, which is
   * then frozen, and inside model.onnx; refused with WEIGHTS_TOO_LARGE where 2 GB do not hold them.
   */
  readonly weights?: "variables" | "constants";
  /** The largest data file of variables/, in bytes; 2e9 if absent. Only a weight that is larger itself passes it. */
  readonly shardBytes?: number;
  /** Does everything but the writing. */
  readonly dryRun?: boolean;
  /** Opens a file beside the model, where a model keeps weights outside. */
  readonly openSibling?: (relativePath: string) => ByteSource;
  /** Computes constant subgraphs that exact arithmetic does not cover; without it they stay in the model. */
  readonly evaluate?: Evaluate;
  /** Runs the model for the proof that its batch is free; without it a batch that the file fixes is kept. */
  readonly withGraphs?: WithGraphs;
  /** Hears, before the model is run for that proof, how many bytes of weights it has. */
  readonly onProof?: (byteLength: number) => void;
  /** Which model of an archive that holds several. */
  readonly model?: string;
  /** What the inputs of a TorchScript model are, by the names of `forward`'s parameters. */
  readonly inputs?: Readonly<Record<string, InputSpec>>;
  /** Operators of the user's own: `defineConfig({ ... })`. Their rules are run. */
  readonly custom?: Config;
  /** What messages call `custom`, such as the file it comes from. */
  readonly customName?: string;
  /** Looks at the finished directory before it gets its place; throwing removes it. */
  readonly check?: (directory: string, converted: ConvertedModel) => void | Promise<void>;
  /** Sees the graph as it is written, named and typed; for those who look inside it. It must not be changed. */
  readonly onGraph?: (typed: ReturnType<typeof optimize>) => void;
  /** Hears how far the conversion is: bytes of weights written, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What the model keeps between calls: give the output of one call as the input of the next. */
export interface ModelState {
  readonly input: string;
  readonly output: string;
  /** What the first call takes; written to assets.extra/initial_state.npz under the input's name. */
  readonly initial: Tensor;
}

/** An input or output of the converted model. */
export interface Endpoint {
  readonly name: string;
  readonly dtype: DType;
  /** Sizes, -1 where they are free; undefined where not even the rank is known. In PyTorch's order without `layout`. */
  readonly shape: TfShape;
  /** Of an input that was turned: the last axis has the channels, which PyTorch has at axis 1. */
  readonly layout?: "nhwc" | "ndhwc";
}

export interface ConvertedModel {
  readonly inputs: readonly Endpoint[];
  readonly outputs: readonly Endpoint[];
  /** Names of the signature, `serving_default` first. */
  readonly signatures: readonly string[];
  /** Empty for a model that keeps nothing between calls. */
  readonly states: readonly ModelState[];
  /** What became of the batch, and where it is. */
  readonly batch: BatchReport;
  /** Bytes of all files together, or of what would be written. */
  readonly byteLength: number;
  /** What saved_model.pb holds, or would hold. */
  readonly savedModel: Uint8Array;
  /** Where it was written; undefined after a dry run. */
  readonly directory?: string;
  readonly version?: number;
}

/**
 * Converts a .pt2 or .onnx file. Throws a FerryError: exit code 2 for options that do not fit the model, 3 for a file
 * that cannot be read, 4 with every reason why it cannot be converted, 1 for a place that cannot be written to.
 */
export async function convertModel(source: ByteSource, options: ConvertOptions): Promise<ConvertedModel> {
  const { output } = options;
  if (output === undefined && !options.dryRun)
    return fail("USAGE", { message: "an output directory is wanted" });
  const custom = options.custom && customOperators(options.custom, options.customName);
  const read = async (sizes: Pick<ReadOptions, "exampleSizes">): Promise<Graph> => {
    const graph = await readModel(source, { ...options, ...sizes, extensions: custom?.extensions });
    renameEndpoints(graph, options.inputNames, options.outputNames);
    layOutInputs(graph, options.inputsLayout ?? "nchw", source.name);
    return graph;
  };
  const readExample = (): Promise<Graph> => read({ exampleSizes: true });
  const settled = await settleBatch(await read({}), { ...options, file: source.name, readExample });
  const typed = optimize(settled.graph, options);
  const tensorflow = lowerToTensorFlow(forTensorFlow(typed), {
    file: source.name,
    ruleOf: custom?.ruleOf,
    isFrozen: options.weights === "constants",
  });
  const converted = {
    inputs: inputsOf(typed.graph, tensorflow.inputs),
    outputs: tensorflow.outputs.map(endpoint),
    signatures: ["serving_default", ...(options.signatures ?? [])],
    states: statesOf(typed.graph),
    batch: reportBatch(settled, typed),
  };
  const plan = planVersion(typed.graph, tensorflow, writeOptions(options, converted));
  options.onGraph?.(typed);
  const { byteLength, savedModel } = plan;
  if (options.dryRun) return { ...converted, byteLength, savedModel };
  return { ...converted, ...(await plan.write()) };
}

type Interface = Pick<ConvertedModel, "inputs" | "outputs" | "signatures" | "states" | "batch">;

function writeOptions(options: ConvertOptions, converted: Interface): WriteOptions {
  const {
    output = "",
    version,
    signatures = [],
    compact = false,
    weights,
    shardBytes,
    check,
    onProgress,
  } = options;
  return {
    base: output,
    signatures,
    compact,
    areWeightsInside: weights === "constants",
    ...(shardBytes === undefined ? {} : { shardBytes }),
    ...(version === undefined ? {} : { version }),
    ...(onProgress ? { onBytes: onProgress } : {}),
    ...(check ? { check: (directory, written) => check(directory, { ...converted, ...written }) } : {}),
  };
}

function statesOf({ inputs, outputs, states }: Graph): ModelState[] {
  return states.map(({ input, output, initial }) => ({
    input: inputs[input]?.name ?? "",
    output: outputs[output]?.name ?? "",
    initial: tensorFromBytes(initial.dtype, initial.shape, initial.read()), // the file is closed when it is looked at
  }));
}

function inputsOf(graph: Graph, inputs: readonly TfEndpoint[]): Endpoint[] {
  const turned = turnedInputs(graph);
  return inputs.map((input) => {
    const layout = input.shape?.length === 5 ? "ndhwc" : "nhwc";
    return turned.has(input.key) ? { ...endpoint(input), layout } : endpoint(input);
  });
}

function endpoint({ key, dtype, shape }: TfEndpoint): Endpoint {
  return { name: key, dtype, shape };
}
