// What the caller says of an input that the archive does not describe.
import type { Dim } from "../../graph/dim.ts";
import type { DType } from "../../tensor/dtype.ts";

/** A tensor's element type and sizes (names are free), or a value that is built into the model. */
export type InputSpec =
  | { readonly dtype: DType; readonly shape: readonly Dim[] }
  | { readonly value: number | boolean | string };
