// Whether a program whose batch is taken for free drops that axis where it is 1: the rank of what follows then depends on the
// batch, so that a trace of one sample tells nothing of others.
import { symbolName } from "../../graph/dim.ts";
import type { AtenArgument, AtenGraph } from "../aten/program.ts";
import { TRACED_BATCH } from "./inputs.ts";

/** Whether a call squeezes an axis that is the batch alone. Without a `dim` the reading is refused anyway. */
export function squeezesBatch({ calls, types }: AtenGraph): boolean {
  return calls.some(({ target, args }) => {
    const self = args.get("self");
    const shape = self?.kind === "tensor" ? types.get(self.value)?.shape : undefined;
    if (!shape || !/^aten::squeeze(_copy)?\.dims?$/.test(target)) return false;
    return numbersOf(args.get("dim")).some((dim) => {
      const size = shape.at(dim);
      return size !== undefined && symbolName(size) === TRACED_BATCH;
    });
  });
}

function numbersOf(argument: AtenArgument | undefined): readonly number[] {
  const dims = argument?.kind === "ints" ? argument.values : argument?.kind === "int" ? [argument.value] : [];
  return dims.filter((dim) => typeof dim === "number");
}
