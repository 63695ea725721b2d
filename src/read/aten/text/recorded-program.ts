// A program as rules/recorded.fixtures.json has it: the text form, and the strides that PyTorch told of some values.
// Not here: making them (conformance/fixtures/aten_rules.py).
import type { Dim } from "../../../graph/dim.ts";
import { contiguousStrides } from "../memory-order.ts";
import type { AtenProgram } from "../program.ts";
import { parseProgram } from "./parse-program.ts";

export interface RecordedProgram {
  readonly program: readonly string[];
  /** Of values that do not lie in memory in the order of their axes. */
  readonly strides: Readonly<Record<string, readonly number[] | undefined>>;
}

/** The program, with the strides of all its values. */
export function recordedProgram({ program, strides }: RecordedProgram): AtenProgram {
  const parsed = parseProgram(program.join("\n"));
  const inOrder = [...parsed.graph.types].flatMap(([name, { shape }]): [string, readonly Dim[]][] =>
    shape ? [[name, contiguousStrides(shape)]] : [],
  );
  const told = Object.entries(strides).flatMap(([name, found]): [string, readonly Dim[]][] =>
    found ? [[name, found]] : [],
  );
  return { ...parsed, graph: { ...parsed.graph, strides: new Map([...inOrder, ...told]) } };
}
