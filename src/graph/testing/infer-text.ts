// For tests of definitions: types and contents of a statement's results, as text.
import { inferTypes } from "../infer-types.ts";
import { parseGraph } from "../text.ts";
import { typeText } from "../type.ts";

/**
 * What is inferred for the outputs of the last statement, given inputs such as `x: float32[n, 3]` and statements before
 * it. A size that only running tells is `?`; contents follow the type: `int64[2] = [n, 3]`.
 */
export function inferText(inputs: string, ...statements: readonly string[]): string[] {
  const graph = parseGraph(`graph test(${inputs}) -> () {\n${statements.join("\n")}\n}`);
  const typed = inferTypes(graph);
  const last = graph.nodes.at(-1);
  return (last?.outputs ?? []).flatMap((output) => {
    if (!output) return [];
    const contents = typed.contentsOf(output);
    const type = typeText(typed.knownType(output)).replaceAll(/unknown_\d+/g, "?");
    return contents ? `${type} = [${contents.map(String).join(", ")}]` : type;
  });
}
