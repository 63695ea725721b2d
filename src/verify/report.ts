// What a verification found, as data: a row for each output that was compared, and where the numbers part.
// Not here: how it is printed (cli/verify/).
import type { DType } from "../tensor/dtype.ts";

export interface Row {
  /** What ran: `ONNX`, `SavedModel`, or the source where recorded numbers are the measure. */
  readonly engine: string;
  /** A batch size, or a recorded group's name. */
  readonly batch: string;
  readonly precision: "float16" | undefined;
  readonly output: string;
  readonly dtype: DType | undefined;
  readonly shape: readonly number[];
  readonly largestError: number | undefined;
  readonly relativeError: number | undefined;
  /** The largest relative error that counts as equal. */
  readonly tolerance: number;
  /** `not run`: the source itself does not take these inputs, which says nothing about the conversion. */
  readonly verdict: "equal" | "differs" | "fails" | "not run";
  /** Why, unless the errors alone say it. */
  readonly reason: string | undefined;
  readonly weakness: "empty" | "constant" | undefined;
}

/** A row of a run that gave nothing to compare. */
export function rowWithoutOutput(
  of: Pick<Row, "engine" | "batch" | "precision">,
  verdict: "fails" | "not run",
  reason: string,
): Row {
  const nothing = {
    output: "",
    dtype: undefined,
    shape: [],
    largestError: undefined,
    relativeError: undefined,
  };
  return { ...of, ...nothing, tolerance: 0, verdict, reason, weakness: undefined };
}

/** Where two runs of a model part. */
export interface Parting {
  /** Such as `PyTorch 2.15.0` and `ONNX`. */
  readonly between: readonly [string, string];
  readonly batch: string;
  /**
   * `operator`: this operator gives other numbers for the same inputs. `accumulated`: no operator does, rounding adds up.
   * `unknown`: it could not be found, `reason` says why.
   */
  readonly kind: "operator" | "accumulated" | "unknown";
  readonly reason: string | undefined;
  /** The operator in the source's words, such as `aten.conv2d.default`; empty if unknown. */
  readonly operator: string;
  /** The PyTorch module, such as `layer1.0.conv1`; empty if unknown. */
  readonly module: string;
  /** The line of the model's own code, such as `File "net.py", line 12, in forward`; empty if unknown. */
  readonly line: string;
  /** What stands on that line; empty if unknown. */
  readonly code: string;
  /** Name of the value, and the ONNX nodes that compute it, such as `Conv 'layer1.0.conv1/Conv'`. */
  readonly value: string;
  readonly nodes: readonly string[];
  /** Of the operator alone for `operator`, else of the whole run. */
  readonly relativeError: number | undefined;
  /** Files that reproduce it. */
  readonly reproduction: Reproduction | undefined;
}

export interface Reproduction {
  /** The operator as a model of its own, and its inputs with the outputs that are wanted. */
  readonly model: string;
  readonly arrays: string;
}

export interface Report {
  /** What was compared with, such as `PyTorch 2.15.0` or `recorded.npz`. */
  readonly reference: string;
  readonly rows: readonly Row[];
  readonly parting: Parting | undefined;
}
