// Einsum. Source: https://onnx.ai/onnx/operators/onnx__Einsum.html
// Without an arrow the result has the letters that occur once, in order of the alphabet.
import type { Dim } from "../dim.ts";
import { IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { broadcastShapes, result, sameSize } from "./shapes.ts";

export const EINSUM: OperatorDefinition = {
  op: "Einsum",
  since: 12,
  attributes: { equation: "string" },
  infer: (context) => {
    const dtype = context.type(0)?.dtype;
    return [dtype && result(dtype, einsumShape(context))];
  },
};

const ELLIPSIS = "...";

function einsumShape(context: InferContext): Dim[] | undefined {
  const [inputs = "", output] = context.string("equation").replaceAll(" ", "").split("->");
  const terms = inputs.split(",").map(lettersOf);
  const sizes = new Map<string, Dim>();
  const ellipses: (readonly Dim[])[] = [];
  for (const [index, letters] of terms.entries()) {
    const shape = context.shape(index);
    if (!shape) return undefined;
    const hidden = shape.length - letters.filter((letter) => letter !== ELLIPSIS).length;
    const at = letters.indexOf(ELLIPSIS);
    if (hidden < 0 || (hidden > 0 && at < 0)) {
      throw new IllTyped(`"${letters.join("")}" does not name ${shape.length} dimensions`);
    }
    if (at >= 0) ellipses.push(shape.slice(at, at + hidden));
    const named = at < 0 ? shape : [...shape.slice(0, at), ...shape.slice(at + hidden)];
    for (const [axis, letter] of letters.filter((item) => item !== ELLIPSIS).entries()) {
      addSize(sizes, letter, named[axis] ?? 1);
    }
  }
  const wanted = output === undefined ? implicitOutput(terms) : lettersOf(output);
  const broadcast = broadcastShapes(ellipses);
  return wanted.flatMap((letter) => (letter === ELLIPSIS ? broadcast : [sizes.get(letter) ?? 1]));
}

/** Sizes of 1 broadcast, as in NumPy. */
function addSize(sizes: Map<string, Dim>, letter: string, size: Dim): void {
  const known = sizes.get(letter);
  if (known === undefined || known === 1) sizes.set(letter, size);
  else if (size !== 1) sizes.set(letter, sameSize(known, size, `sizes of "${letter}"`));
}

function lettersOf(term: string): string[] {
  return term.match(/\.\.\.|[A-Za-z]/g) ?? [];
}

function implicitOutput(terms: readonly (readonly string[])[]): string[] {
  const all = terms.flat();
  const once = [...new Set(all)].filter(
    (letter) => letter !== ELLIPSIS && all.indexOf(letter) === all.lastIndexOf(letter),
  );
  return [...(all.includes(ELLIPSIS) ? [ELLIPSIS] : []), ...once.sort()];
}
