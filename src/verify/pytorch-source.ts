// A PyTorch file as PyTorch runs it, in the user's own Python: torch.export.load(...).module() or torch.jit.load(...).
// Intermediate values are those of torch.export's graph, run node by node; of a TorchScript file what its operators give,
// each told as the code is executed.
import type { TensorValue } from "../engine/engine.ts";
import type { PythonWorker } from "../python/worker.ts";
import type { InputSpec } from "../read/torchscript/input-spec.ts";
import type { InnerValues, InputExample, Source } from "./source.ts";

export interface PyTorchFile {
  readonly file: string;
  readonly kind: "pt2" | "torchscript";
  /** Which of several models in the archive. */
  readonly model: string | undefined;
  /** What the caller says of inputs; values among them are arguments of `forward`. */
  readonly inputs: Readonly<Record<string, InputSpec>>;
}

export interface PyTorchSource extends Source {
  /** Writes the same model in half precision, made by PyTorch, to a new file of the same kind. Throws PythonFailure. */
  halve(file: string): Promise<void>;
}

/** Loads the file in the worker, which the source owns from then on. Throws PythonFailure. */
export async function pytorchSource(worker: PythonWorker, of: PyTorchFile): Promise<PyTorchSource> {
  const { file, kind, model } = of;
  const loaded = await worker.ask("load", { file, kind, ...(model === undefined ? {} : { model }) });
  const named = Object.fromEntries(
    Object.entries(of.inputs).flatMap(([name, spec]) => ("value" in spec ? [[name, spec.value]] : [])),
  );
  return {
    title: `PyTorch ${String(loaded["version"])}`,
    examples: loaded["examples"] as InputExample[], // our own program wrote it
    run: async (inputs) => (await worker.exchange("run", inputs, { named })).values,
    inner: innerValues(worker, named),
    halve: async (target) => void (await worker.ask("halve", { file: target })),
    close: async () => worker.close(),
  };
}

function innerValues(worker: PythonWorker, named: Readonly<Record<string, unknown>>): InnerValues {
  return {
    async names(inputs) {
      const { answer } = await worker.exchange("names", inputs, { named });
      return new Set(answer["names"] as string[]); // our own program wrote it
    },
    async values(inputs, names): Promise<Map<string, TensorValue>> {
      const { answer, values } = await worker.exchange("values", inputs, { names, named });
      const found = answer["names"] as string[]; // our own program wrote it
      return new Map(values.map((value, index) => [found[index] ?? "", value]));
    },
    async placeOf(name) {
      const { target, trace } = await worker.ask("describe", { name });
      return { operator: String(target), trace: String(trace) };
    },
  };
}
