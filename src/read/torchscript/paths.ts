// Programs whose branches leave nothing behind that has one type: the rest of the program is followed for either outcome
// of the condition, and the two become the bodies of one `cond` at the end of what they share.
// Invariant: following is deterministic, so two paths make the same calls, with the same names, up to where they part.
// Not here: branches that can be put together place by place (evaluate/choose-by-call.ts).
import { sameDim, symbolsIn } from "../../graph/dim.ts";
import { tensorType, typeText } from "../../graph/type.ts";
import type { AtenArgument, AtenCall, AtenGraph } from "../aten/program.ts";
import { capturedBy } from "./evaluate/captured.ts";
import type { ProgramBuilder } from "./program-builder.ts";
import { Unfollowed } from "./refusal.ts";
import { unknownNumber } from "./values.ts";

/** Thrown where a program parts; whoever started it follows it again for either outcome. */
export class Parting extends Error {
  /** Name of the condition's value. */
  readonly condition: string;
  /** Calls before it. */
  readonly at: number;
  readonly reason: Unfollowed | undefined;

  constructor(condition: string, at: number, reason?: Unfollowed) {
    super(`the program parts at ${condition}`);
    this.condition = condition;
    this.at = at;
    this.reason = reason;
  }
}

/** One way through a program, without further choices of this kind. */
export interface Path {
  readonly builder: ProgramBuilder;
}

export type Paths<P extends Path> =
  | { readonly path: P }
  | { readonly condition: string; readonly at: number; readonly yes: Paths<P>; readonly no: Paths<P> };

/** Ways through one program: each choice may double them, real models have under ten. */
const MAX_PATHS = 64;

/** Follows a program with conditions decided one way or the other, until none is left that it parts at. */
export function followPaths<P extends Path>(follow: (decided: ReadonlyMap<string, boolean>) => P): Paths<P> {
  let count = 0;
  const visit = (decided: ReadonlyMap<string, boolean>): Paths<P> => {
    try {
      return { path: follow(decided) };
    } catch (error) {
      if (!(error instanceof Parting)) throw error;
      count += 1;
      if (count >= MAX_PATHS)
        throw error.reason ?? new Unfollowed(`the program has over ${MAX_PATHS} ways through it`);
      const { condition, at } = error;
      const outcome = (value: boolean) => visit(new Map([...decided, [condition, value]]));
      return { condition, at, yes: outcome(true), no: outcome(false) };
    }
  };
  return visit(new Map());
}

export function allPaths<P extends Path>(paths: Paths<P>): P[] {
  return "path" in paths ? [paths.path] : [...allPaths(paths.yes), ...allPaths(paths.no)];
}

export interface Joined {
  readonly calls: readonly AtenCall[];
  readonly outputs: readonly AtenArgument[];
  /** Whose types and strides hold for the calls outside of bodies. */
  readonly builder: ProgramBuilder;
}

/** All paths as one list of calls. Throws Unfollowed if their outputs have other types. */
export function joinPaths<P extends Path>(
  paths: Paths<P>,
  outputsOf: (path: P) => readonly AtenArgument[],
  from = 0,
): Joined {
  if ("path" in paths) {
    const outputs = outputsOf(paths.path); // which may append calls
    const { builder } = paths.path;
    return { calls: builder.calls.slice(from), outputs, builder };
  }
  const { condition, at } = paths;
  const [yes, no] = [joinPaths(paths.yes, outputsOf, at), joinPaths(paths.no, outputsOf, at)];
  const { builder } = yes;
  const shared = builder.calls.slice(from, at);
  if (yes.outputs.length !== no.outputs.length)
    throw new Unfollowed("forward returns another number of values depending on the input");
  const outputs = yes.outputs.map((output, index) =>
    joinOutput(output, no.outputs[index] as AtenArgument, yes, no),
  );
  const captured = [...new Set([...capturedBy(yes.calls, yes.outputs), ...capturedBy(no.calls, no.outputs)])];
  const choice: AtenCall = {
    target: "higher_order::cond",
    args: new Map<string, AtenArgument>([
      ["0", { kind: "symbol", value: condition }],
      ["1", { kind: "graph", value: bodyOf(yes, captured) }],
      ["2", { kind: "graph", value: bodyOf(no, captured) }],
      ["3", { kind: "tensors", values: captured }],
    ]),
    outputs,
    origin: { scope: "", operator: "prim::If", line: "" },
  };
  return { calls: [...shared, choice], outputs, builder };
}

function bodyOf({ calls, outputs, builder }: Joined, captured: readonly string[]): AtenGraph {
  return { inputs: captured, outputs, calls, types: builder.types, strides: builder.strides };
}

function joinOutput(a: AtenArgument, b: AtenArgument, yes: Joined, no: Joined): AtenArgument {
  const { builder } = yes;
  if (a.kind === "int" && b.kind === "int") return { kind: "int", value: builder.freshInteger() };
  if (a.kind !== "tensor" || b.kind !== "tensor") {
    if (!isScalar(a) || !isScalar(b))
      throw new Unfollowed("forward returns other values depending on the input");
    return { kind: "symbol", value: builder.freshName("path") };
  }
  const [left, right] = [builder.typeOf(a.value), no.builder.typeOf(b.value)];
  if (left.dtype !== right.dtype || left.shape.length !== right.shape.length)
    throw new Unfollowed(`forward returns ${typeText(left)} or ${typeText(right)} depending on the input`);
  const shape = left.shape.map((dim, axis) => {
    const isOfInputs = [...symbolsIn(dim)].every((name) => unknownNumber(name) === undefined);
    return isOfInputs && sameDim(dim, right.shape[axis] ?? 0) ? dim : builder.freshSize();
  });
  const name = builder.freshName("path");
  builder.types.set(name, tensorType(left.dtype, shape));
  return { kind: "tensor", value: name };
}

function isScalar(argument: AtenArgument): boolean {
  return argument.kind === "symbol" || argument.kind === "bool";
}
