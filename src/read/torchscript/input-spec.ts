// What the caller says of an input that the archive does not describe.
import type { DType } from "../../tensor/dtype.ts";

/** A tensor's element type and sizes (a name is a free size), or a value that is built into the model. */
export type InputSpec =
  | { readonly dtype: DType; readonly shape: readonly (number | string)[] }
  | { readonly value: number | boolean | string };
