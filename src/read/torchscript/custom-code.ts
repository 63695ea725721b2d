// Operators of the user's own that an archive's code calls, and of which nothing is registered: all of them at once,
// since following the code would stop at the first.
import { type Problem, problem } from "../../core/errors.ts";
import { isCustom } from "../aten/custom-operator.ts";
import type { TorchExtensions } from "../extensions.ts";
import type { ScriptArchive } from "./archive.ts";

const CALL = /\bops\.(\w+)\.(\w+)\(/g;

/** A problem for each, at the first line that calls it. */
export function unregistered(archive: ScriptArchive, extensions: TorchExtensions | undefined): Problem[] {
  const places = new Map<string, string>();
  for (const path of archive.codePaths) {
    for (const [index, line] of (archive.code(path) ?? "").split("\n").entries()) {
      for (const [, namespace, name] of line.matchAll(CALL)) {
        const operator = `${namespace}::${name}`;
        const isKnown = !isCustom(operator) || (extensions?.overloadsOf(operator).length ?? 0) > 0;
        if (!isKnown && !places.has(operator)) places.set(operator, `File "${path}", line ${index + 1}`);
      }
    }
  }
  const wanted = "a rule with toOnnx, schema and infer (TorchScript states neither names nor types)";
  return [...places].map(([operator, where]) =>
    problem("CUSTOM_OPERATOR_UNKNOWN", { file: archive.file.name, operator, where, wanted }),
  );
}
