// Follows a few lines of TorchScript's code without an archive: what they say as calls, or why they are refused.
// Layout of the result, one call a line: `aten::add.Tensor float32[batch, 3]`.
import type { PickleValue } from "../../../bytes/pickle/values.ts";
import { bytesSource } from "../../../core/byte-source.ts";
import { FerryError } from "../../../core/errors.ts";
import { typeText } from "../../../graph/type.ts";
import type { AtenProgram } from "../../aten/program.ts";
import { valuesIn } from "../../aten/rename.ts";
import type { ScriptArchive } from "../archive.ts";
import type { InputSpec } from "../input-spec.ts";
import { readArchive } from "../read-torchscript.ts";

export const MATRIX: Readonly<Record<string, InputSpec>> = { x: { dtype: "float32", shape: ["batch", 3] } };

/** An archive of one class `M` with these attributes, whose file holds this text. */
export function archiveOf(
  text: string,
  version = 10,
  attributes: Readonly<Record<string, PickleValue>> = {},
): ScriptArchive {
  const model: PickleValue = {
    kind: "object",
    callee: { kind: "global", module: "__torch__", name: "M" },
    args: { kind: "tuple", items: [] },
    state: { kind: "dict", entries: Object.entries(attributes) },
    items: [],
    entries: [],
  };
  return {
    file: bytesSource("model.pt", new Uint8Array()),
    version,
    code: (path) => (path === "__torch__.py" ? text : undefined),
    codePaths: ["__torch__.py"],
    pickle: (part) =>
      part === "data" ? { value: model, tensorOf: () => "has no storage in this test" } : undefined,
  };
}

/** The body of `forward(self, x)`, each line without its indentation. */
export function forwardOf(body: string, parameters = "x: Tensor"): string {
  const lines = body.trim().split("\n");
  return `class M(Module):\n  def forward(self: __torch__.M, ${parameters}) -> Tensor:\n    ${lines.join("\n    ")}\n`;
}

export function programOf(text: string, inputs = MATRIX, version = 10): AtenProgram {
  const [reading] = readArchive(archiveOf(text, version), { inputs });
  if (!reading) throw new Error("an archive has a reading");
  return reading.program();
}

/** The calls of a body, one a line; or the message if it is refused. */
export function follow(body: string, inputs = MATRIX, version = 10): string[] {
  try {
    const { graph } = programOf(forwardOf(body), inputs, version);
    return graph.calls.map(({ target, outputs }) =>
      [target, ...outputs.flatMap(valuesIn).map((name) => typeText(graph.types.get(name)))].join(" "),
    );
  } catch (error) {
    if (error instanceof FerryError) return [error.message];
    throw error;
  }
}
