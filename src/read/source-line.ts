// Picks the line of the user's own code out of a Python stack trace, as both torch.export and torch.onnx keep it.

const FRAME = /^\s*File "[^"\n]*", line \d+(?:, in [^\n]*)?$/gm;
/** Frames inside PyTorch, and in code that it generated, say how a layer is built, not where the model uses it. */
const LIBRARY = /(?:"|site-packages\/|dist-packages\/)torch\/|"<eval_with_key>/;

/** The innermost frame outside PyTorch, such as `File "net.py", line 12, in forward`; empty if there is none. */
export function userLine(trace: string): string {
  const frames = trace.match(FRAME) ?? [];
  return (frames.findLast((frame) => !LIBRARY.test(frame)) ?? "").trim();
}
