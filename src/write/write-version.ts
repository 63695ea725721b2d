// The files of a version directory: saved_model.pb, variables/ and model.onnx, whose large weights stand in variables/;
// for a model that keeps state also assets.extra/initial_state.npz.
// Invariant: the same graphs give the same bytes. Not here: making the directory appear at once (version-directory.ts).
import type { Graph } from "../graph/graph.ts";
import type { TfGraph } from "../tensorflow/graph.ts";
import { INITIAL_STATE_FILE, initialStateFile, noteStates } from "./initial-state.ts";
import { encodeOnnx } from "./onnx/encode-graph.ts";
import { planWeights } from "./plan-weights.ts";
import { encodeSavedModel } from "./saved-model/encode-saved-model.ts";
import { shareFilters } from "./share-filters.ts";
import { type NewVersion, publishVersion, type VersionFiles } from "./version-directory.ts";
import { writeWeights } from "./write-weights.ts";

const DATA_FILE = "variables/variables.data-00000-of-00001";

export interface WriteOptions {
  /** The directory that holds the versions. */
  readonly base: string;
  /** The version's number; the next free one if absent. */
  readonly version?: number;
  /** Names of the signature beside `serving_default`. */
  readonly signatures?: readonly string[];
  /** Stores a convolution's weight once, as TensorFlow wants it; model.onnx transposes it when it is loaded. */
  readonly compact?: boolean;
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

/** Encodes both models and lays out their weights. `compact` changes `graph`. */
export function planVersion(graph: Graph, tensorflow: TfGraph, options: WriteOptions): VersionPlan {
  if (options.compact) shareFilters(graph, tensorflow.variables);
  const weights = planWeights(graph, tensorflow.variables);
  noteStates(graph);
  const initialState = initialStateFile(graph);
  const savedModel = encodeSavedModel(tensorflow, options.signatures ?? []);
  const onnx = encodeOnnx(graph, (tensor) => {
    const place = weights.place(tensor);
    return place && { location: DATA_FILE, ...place };
  });
  const stateBytes = (initialState ?? []).reduce((sum, piece) => sum + piece.byteLength, 0);
  const byteLength = weights.byteLength + savedModel.byteLength + onnx.byteLength + stateBytes;
  const write = async (): Promise<WrittenVersion> => {
    let indexBytes = 0;
    const fill = (files: VersionFiles) => {
      const index = files.file(DATA_FILE, (sink) =>
        writeWeights(weights, sink, (done) => options.onBytes?.(done, weights.byteLength)),
      );
      indexBytes = index.byteLength;
      files.file("variables/variables.index", (sink) => sink.write(index));
      files.file("saved_model.pb", (sink) => sink.write(savedModel));
      files.file("model.onnx", (sink) => sink.write(onnx));
      if (initialState)
        files.file(INITIAL_STATE_FILE, (sink) => {
          for (const piece of initialState) sink.write(piece);
        });
    };
    const written = () => ({ byteLength: byteLength + indexBytes, savedModel });
    const version = await publishVersion(options.base, options.version, fill, (directory) =>
      options.check?.(directory, written()),
    );
    return { ...version, ...written() };
  };
  return { byteLength, savedModel, write };
}
