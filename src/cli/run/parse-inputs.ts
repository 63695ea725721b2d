// The texts of --inputs, --input_exprs and --input_examples, taken apart as saved_model_cli does: by semicolons.
// Not here: reading the files that --inputs names (feeds.ts).
import { fail } from "../../core/errors.ts";
import { type PythonValue, parsePythonLiteral } from "../python/parse-literal.ts";

/** Where an input's value stands: a file, and the array in it if it holds several. */
export interface FileReference {
  readonly file: string;
  readonly variable: string | undefined;
}

/** `x=a.npy;y=b.npz[name]`. Throws INPUTS_MALFORMED. */
export function parseInputs(text: string): Map<string, FileReference> {
  const references = new Map<string, FileReference>();
  for (const part of text.split(";").filter(Boolean)) {
    const [, key, file, variable] =
      /^([^=]+)=([^[\]]+)(?:\[([^[\]]+)\])?$/.exec(part) ?? fail("INPUTS_MALFORMED", { text: part });
    if (key === undefined || file === undefined) return fail("INPUTS_MALFORMED", { text: part });
    references.set(key, { file, variable });
  }
  return references;
}

/** `x=[[1.0, 2.0]];y=3`. Throws INPUT_EXPRS_MALFORMED or NOT_A_LITERAL. */
export function parseInputExprs(text: string): Map<string, PythonValue> {
  const values = new Map<string, PythonValue>();
  for (const part of text.split(";").filter(Boolean)) {
    const equals = part.indexOf("=");
    if (equals === -1) fail("INPUT_EXPRS_MALFORMED", { text });
    const expression = part.slice(equals + 1);
    values.set(
      part.slice(0, equals),
      parsePythonLiteral(expression) ?? fail("NOT_A_LITERAL", { expression }),
    );
  }
  return values;
}
