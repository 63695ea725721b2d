// Archives whose weights only PyTorch's own kernels can read; told by their code before anything is followed.
import { type Problem, problem } from "../../core/errors.ts";
import type { ScriptArchive } from "./archive.ts";

/** Kernels of MKL-DNN, and of telephones: XNNPACK, Vulkan, Metal. */
const OPTIMIZED =
  /\bops\.(?:prim\.(?:ConstantMKLDNNTensor|mkldnn_convolution|MKLDNN\w+|BroadcastMKLDNN\w+)|(?:mkldnn\w*|prepacked|vulkan_prepack|metal_prepack)\.\w+)|__torch__\.torch\.classes\.(?:xnnpack|mkldnn|vulkan|metal)\.\w+/g;
const QUANTIZED = /\bops\.quantized\.\w+|__torch__\.torch\.classes\.(?:quantized|rnn)\.\w+/g;

/** The problems; none for an archive that can be followed. Operators are named, the first few. */
export function refusedCode(archive: ScriptArchive): Problem[] {
  const optimized = new Set<string>();
  const quantized = new Set<string>();
  for (const path of archive.codePaths) {
    const text = archive.code(path) ?? "";
    for (const [name] of text.matchAll(OPTIMIZED)) optimized.add(name);
    for (const [name] of text.matchAll(QUANTIZED)) quantized.add(name);
  }
  const file = archive.file.name;
  return [
    ...(optimized.size > 0 ? [problem("TORCHSCRIPT_OPTIMIZED", { file, found: some(optimized) })] : []),
    ...(quantized.size > 0 ? [problem("TORCHSCRIPT_QUANTIZED", { file, found: some(quantized) })] : []),
  ];
}

function some(names: ReadonlySet<string>): string {
  const all = [...names].map((name) => name.replace(/^ops\./, ""));
  return all.slice(0, 3).join(", ") + (all.length > 3 ? ", ..." : "");
}
