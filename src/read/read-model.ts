// Reads a model file of any kind that holds a graph: content decides, never the name.
// Not here: opening files (files/open-file.ts), what follows on reading (passes/).
import type { ByteSource } from "../core/byte-source.ts";
import { FerryError, Problem } from "../core/errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { Extensions } from "./extensions.ts";
import { refuseKind } from "./refuse-kind.ts";
import { sniff } from "./sniff.ts";
import type { InputSpec } from "./torchscript/input-spec.ts";

export interface ReadOptions {
  /** Name of the model in a .pt2 archive that holds several. */
  readonly model?: string;
  /** Opens a file beside an ONNX model, in which it keeps tensors; without it such a model is refused. */
  readonly openSibling?: (relativePath: string) => ByteSource;
  /** Inputs of a TorchScript model by the names of `forward`'s parameters; without it, those of a trace's example. */
  readonly inputs?: Readonly<Record<string, InputSpec>>;
  /** Reads a trace with the sizes of its example; by default with a free batch where its code allows one. */
  readonly exampleSizes?: boolean;
  /** Operators that are not in the tables. */
  readonly extensions?: Extensions | undefined;
}

/**
 * The model as an ONNX graph in the IR's form; its weights stay in `source`, which must stay open while they are used.
 * Throws a FerryError with everything that is wrong: exit code 3 for a file that cannot be read or is of another kind,
 * 4 for a model with operators that are not supported.
 */
export async function readModel(source: ByteSource, options: ReadOptions = {}): Promise<Graph> {
  const found = sniff(source);
  if (found instanceof Problem) throw new FerryError([found]);
  // Each kind has hundreds of modules that the others do without; loading them would be a fifth of a conversion.
  if (found.kind === "onnx") {
    const { readOnnx } = await import("./onnx/read-onnx.ts");
    return readOnnx(source, options);
  }
  if (found.kind === "pt2") {
    const { readPt2 } = await import("./pt2/read-pt2.ts");
    const { lowerAten } = await import("./aten/lower.ts");
    return lowerAten(readPt2(source, found.entries, options), options.extensions?.torch);
  }
  if (found.kind === "torchscript") {
    const { readTorchScript } = await import("./torchscript/read-torchscript.ts");
    const { lowerTorchScript } = await import("./torchscript/lower-torchscript.ts");
    return lowerTorchScript(readTorchScript(source, found.entries, options), options.extensions?.torch);
  }
  throw new FerryError([refuseKind(source, found)]);
}
