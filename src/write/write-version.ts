// The files of a version directory: saved_model.pb, variables/ and model.onnx, whose large weights stand in variables/;
// for a model that keeps state also assets.extra/initial_state.npz. Or both models with their weights inside.
// Invariant: the same graphs give the same bytes. Not here: making the directory appear at once (version-directory.ts).
import { shardName } from "../bytes/tensor-bundle/shard-name.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TfGraph } from "../tensorflow/graph.ts";
import { demandRoomInside } from "./demand-room-inside.ts";
import { INITIAL_STATE_FILE, initialStateFile, noteStates } from "./initial-state.ts";
import { encodeOnnx } from "./onnx/encode-graph.ts";
import type { ExternalPlacement } from "./onnx/encode-tensor.ts";
import { planWeights, type WeightPlan } from "./plan-weights.ts";
import { encodeSavedModel } from "./saved-model/encode-saved-model.ts";
import { shareFilters } from "./share-filters.ts";
import { type NewVersion, publishVersion, type VersionFiles } from "./version-directory.ts";
import { writeWeights } from "./write-weights.ts";

const BUNDLE = "variables/variables";
/** Below 2 GB: what file systems, stores and tools with sizes of 32 bits still take. */
export const DEFAULT_SHARD_BYTES = 2e9;

export interface WriteOptions {
  /** The directory that holds the versions. */
  readonly base: string;
  /** The version's number; the next free one if absent. */
  readonly version?: number;
  /** Names of the signature beside `serving_default`. */
  readonly signatures?: readonly string[];
  /** Stores a convolution's weight once, as TensorFlow wants it; model.onnx transposes it when it is loaded. */
  readonly compact?: boolean;
  /** Weights stand in data files of at most this many bytes; one that is larger has a file of its own. */
  readonly shardBytes?: number;
  /** Weights stand in saved_model.pb and model.onnx themselves, and there is no variables/. */
  readonly areWeightsInside?: boolean;
  /** Hears how many bytes of weights are written, of how many. */
  readonly onBytes?: (done: number, total: number) => void;
  /** Looks at the finished files before they get their place; throwing removes them. */
  readonly check?: (directory: string, files: Written) => void | Promise<void>;
}

export interface Written {
  /** Bytes of all files together. */
  readonly byteLength: number;
  /** The bytes of saved_model.pb. */
  readonly savedModel: Uint8Array;
}

export type WrittenVersion = NewVersion & Written;

/** What will be written, ready but for the disk. */
export interface VersionPlan extends Written {
  write(): Promise<WrittenVersion>;
}

/**
 * Encodes both models and lays out their weights. `compact` changes `graph`. Throws WEIGHTS_TOO_LARGE where the weights
 * are to be inside the models and do not fit there.
 */
export function planVersion(graph: Graph, tensorflow: TfGraph, options: WriteOptions): VersionPlan {
  const { shardBytes = DEFAULT_SHARD_BYTES, areWeightsInside = false, signatures = [], onBytes } = options;
  if (options.compact && !areWeightsInside) shareFilters(graph, tensorflow.variables);
  if (areWeightsInside) demandRoomInside(graph, tensorflow);
  const weights = areWeightsInside ? undefined : planWeights(graph, tensorflow.variables, shardBytes);
  noteStates(graph);
  const models = new Map([
    ["saved_model.pb", encodeSavedModel(tensorflow, signatures, weights ?? { isFrozen: true })],
    ["model.onnx", encodeOnnx(graph, (tensor) => weights && placeOf(tensor, weights))],
  ]);
  const pieces = initialStateFile(graph) ?? [];
  const write = async (): Promise<WrittenVersion> => {
    let indexBytes = 0;
    const fill = (files: VersionFiles) => {
      if (weights) indexBytes = writeBundle(weights, files, onBytes);
      for (const [name, bytes] of models) files.file(name, (sink) => sink.write(bytes));
      if (pieces.length > 0)
        files.file(INITIAL_STATE_FILE, (sink) => {
          for (const piece of pieces) sink.write(piece);
        });
    };
    const written = () => ({ byteLength: byteLength + indexBytes, savedModel });
    const version = await publishVersion(options.base, options.version, fill, (directory) =>
      options.check?.(directory, written()),
    );
    return { ...version, ...written() };
  };
  const savedModel = models.get("saved_model.pb") ?? new Uint8Array(0);
  const byteLength = [...models.values(), ...pieces].reduce(
    (sum, bytes) => sum + bytes.byteLength,
    weights?.byteLength ?? 0,
  );
  return { byteLength, savedModel, write };
}

function placeOf(tensor: Tensor, weights: WeightPlan): ExternalPlacement | undefined {
  const place = weights.place(tensor);
  if (!place) return undefined;
  const { offset, length } = place;
  return { location: shardName(BUNDLE, place.shard, weights.shards.length), offset, length };
}

/** The data files and the index, whose length is returned. */
function writeBundle(weights: WeightPlan, files: VersionFiles, onBytes: WriteOptions["onBytes"]): number {
  const index = writeWeights(
    weights,
    (shard, fill) => files.file(shardName(BUNDLE, shard, weights.shards.length), fill),
    (done) => onBytes?.(done, weights.byteLength),
  );
  files.file(`${BUNDLE}.index`, (sink) => sink.write(index));
  return index.byteLength;
}
