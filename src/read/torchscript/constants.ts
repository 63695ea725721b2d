// The archive's table of constants. Traced code keeps Python's numbers there, as tensors without axes: they are known by
// what they hold, and PyTorch treats them as numbers where types are promoted.
// Not here: the pickle (objects.ts).
import type { DType } from "../../tensor/dtype.ts";
import { numbersOf } from "../../tensor/numbers.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { ScriptArchive } from "./archive.ts";
import type { Code } from "./code.ts";
import { Objects } from "./objects.ts";
import type { ProgramBuilder } from "./program-builder.ts";
import { itemsOf, type TensorValue, type Value } from "./values.ts";

/** `CONSTANTS.c0`, `c1`, ... in order. */
export function constantsOf(archive: ScriptArchive, code: Code, builder: ProgramBuilder): readonly Value[] {
  const saved = archive.pickle("constants");
  const root = saved && new Objects(saved, code, builder).root("constants");
  return ((root && itemsOf(root)) ?? []).map((value) => {
    const contents = value.kind === "tensor" ? builder.weights.get(value.name)?.tensor : undefined;
    return value.kind === "tensor" && contents ? withNumber(value, contents) : value;
  });
}

type PythonNumber = NonNullable<TensorValue["number"]>;

function withNumber(value: TensorValue, contents: Tensor): TensorValue {
  const toNumber = contents.shape.length > 0 ? undefined : NUMBERS[contents.dtype];
  if (!toNumber) return value;
  const [element = 0] = numbersOf(contents);
  const number = toNumber(element);
  return { ...value, contents: number.kind === "int" ? number.value : undefined, number };
}

/** The types that Python's numbers have in PyTorch. */
const NUMBERS: Readonly<Partial<Record<DType, (x: number) => PythonNumber>>> = {
  int64: (value) => ({ kind: "int", value }),
  float64: (value) => ({ kind: "float", value }),
  bool: (value) => ({ kind: "bool", value: value !== 0 }),
};
