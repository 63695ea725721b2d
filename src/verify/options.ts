// What `verifyModel` is asked for, and what it works out once for all of it.

import type { Environment, Pythons } from "../python/find-python.ts";
import type { Recorded } from "./cases.ts";
import type { ModelOptions } from "./converted.ts";

export interface VerifyOptions extends ModelOptions {
  /** The model file. */
  readonly file: string;
  /** The version directory that it was converted to; by default it is converted for the purpose. */
  readonly directory?: string;
  /** Inputs, and outputs where they are the measure; by default inputs are made up. */
  readonly recorded?: Recorded;
  readonly batchSizes: readonly number[];
  /** Free sizes besides the batch, by name. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly seed: number;
  /** Also the model in half precision, made by PyTorch. */
  readonly float16: boolean;
  /** The largest relative error that counts as equal, in place of each dtype's own. */
  readonly tolerance?: number;
  /** Pythons that may have PyTorch or TensorFlow; by default the environment's. */
  readonly pythons: readonly string[];
  readonly env: Environment;
  /** Path without an ending for the files that reproduce a difference. */
  readonly reproduction: string;
  /** Hears which Python is used for what, and why one is not. */
  readonly note: (text: string) => void;
  /** Hears what is being done. */
  readonly progress: (text: string) => void;
}

export type SourceKind = "pt2" | "torchscript" | "onnx";

/** What one run over a file needs besides the options. */
export interface Surroundings {
  readonly kind: SourceKind;
  readonly found: Pythons;
  /** Temporary; removed at the end. */
  readonly folder: string;
}
