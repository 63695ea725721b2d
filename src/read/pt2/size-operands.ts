// Sizes that a call hands to its bodies, such as those of `cond`, among tensors: `as_tensors` names them too.
// The bodies state the expression of each, in the same symbols, so that neither call nor body needs them as values.
// Invariant: a size goes only from the operands and all bodies at once; one that a loop changes stays, to be refused.
// Not here: wrappers such as `no_grad`, whose operands are arguments of their own (read/aten/inline.ts).
import { type Dim, sameDim } from "../../graph/dim.ts";
import type { AtenArgument, AtenCall, AtenGraph } from "../aten/program.ts";

/** The symbolic integers of a graph by name. */
type Sizes = ReadonlyMap<string, Dim>;

/** The call without operands that are sizes; its operands are the lists of tensors, in the order of the bodies' inputs. */
export function withoutSizes(call: AtenCall, sizes: Sizes, sizesIn: (body: AtenGraph) => Sizes): AtenCall {
  const args = [...call.args.values()];
  const operands = args.flatMap((argument) => (argument.kind === "tensors" ? argument.values : []));
  const bodies = args.flatMap((argument) => (argument.kind === "graph" ? [argument.value] : []));
  if (!bodies.length || bodies.some((body) => body.inputs.length !== operands.length)) return call;
  const isKnown = operands.map((operand, place) => {
    const size = operand === undefined ? undefined : sizes.get(operand);
    return (
      size !== undefined && bodies.every((body) => isSize(sizesIn(body).get(body.inputs[place] ?? ""), size))
    );
  });
  if (!isKnown.includes(true)) return call;
  const left = <T>(values: readonly T[], first = 0) => values.filter((_, index) => !isKnown[first + index]);
  let first = 0;
  const shortened = new Map<string, AtenArgument>();
  for (const [name, argument] of call.args) {
    if (argument.kind === "graph") {
      const body = { ...argument.value, inputs: left(argument.value.inputs) };
      shortened.set(name, { kind: "graph", value: body });
    } else if (argument.kind === "tensors") {
      shortened.set(name, { kind: "tensors", values: left(argument.values, first) });
      first += argument.values.length;
    } else shortened.set(name, argument);
  }
  return { ...call, args: shortened };
}

function isSize(stated: Dim | undefined, size: Dim): boolean {
  return stated !== undefined && sameDim(stated, size);
}
