// Both branches of an `if` as bodies of a `cond`: each is followed on its own copy of the variables.
// Invariant: what a branch writes into, or changes in a list, must have been made in that branch; else it is refused.
import { sameDim } from "../../../graph/dim.ts";
import type { AtenArgument, AtenCall, AtenGraph } from "../../aten/program.ts";
import { valuesIn } from "../../aten/rename.ts";
import { Unfollowed } from "../refusal.ts";
import { type TensorValue, tensor, type Value } from "../values.ts";
import type { IfStatement } from "./choose.ts";
import type { Evaluator, Flow } from "./evaluator.ts";
import type { Frame } from "./frame.ts";
import { contentsNow, demandOwnWrites, demandUnchanged } from "./untouched.ts";

interface Branch {
  readonly calls: readonly AtenCall[];
  readonly variables: ReadonlyMap<string, Value>;
}

export function chooseByCall(
  condition: string,
  statement: IfStatement,
  frame: Frame,
  evaluator: Evaluator,
): Flow {
  const before = new Map(frame.variables);
  const contents = contentsNow(before.values());
  const branches = [statement.body, statement.otherwise].map((block): Branch => {
    frame.variables.clear();
    for (const [name, value] of before) frame.variables.set(name, value);
    const { builder } = evaluator.context;
    const outer = builder.calls;
    builder.calls = [];
    const flow = evaluator.block(block, frame);
    if (flow) throw new Unfollowed("a function ends within a branch that depends on the input");
    const branch = { calls: builder.calls, variables: new Map(frame.variables) };
    builder.calls = outer;
    demandUnchanged(contents);
    demandOwnWrites(branch.calls, builder);
    return branch;
  });
  const [yes, no] = branches;
  if (!yes || !no) return undefined;
  frame.variables.clear();
  for (const [name, value] of before) frame.variables.set(name, value);
  merge(condition, yes, no, frame, evaluator);
  return undefined;
}

/** Variables that differ become results of the call, the others stay as they are. */
function merge(condition: string, yes: Branch, no: Branch, frame: Frame, evaluator: Evaluator): void {
  const pairs: { readonly name: string; readonly yes: TensorValue; readonly no: TensorValue }[] = [];
  for (const [name, value] of yes.variables) {
    const other = no.variables.get(name);
    if (!other) continue; // a variable of one branch only is not read after it
    if (isSame(value, other)) frame.variables.set(name, value);
    else if (value.kind === "tensor" && other.kind === "tensor") pairs.push({ name, yes: value, no: other });
    else if (value.kind === "uninitialized") frame.variables.set(name, other);
    else if (other.kind === "uninitialized") frame.variables.set(name, value);
    else
      throw new Unfollowed(
        `'${name}' becomes a ${value.kind} or another ${other.kind} depending on the input`,
      );
  }
  if (pairs.length === 0) return;
  const { builder } = evaluator.context;
  const inputs = [...new Set([yes, no].flatMap((branch) => readFromOutside(branch)))];
  const outside = new Set([...inputs, ...pairs.flatMap((pair) => [pair.yes.name, pair.no.name])]);
  const body = (branch: Branch, outputs: readonly string[]): AtenArgument => {
    const made = new Set(branch.calls.flatMap((call) => call.outputs.flatMap(valuesIn)));
    const captured = [...outside].filter(
      (name) => !made.has(name) && (inputs.includes(name) || outputs.includes(name)),
    );
    const graph: AtenGraph = {
      inputs: captured,
      outputs: outputs.map((name) => ({ kind: "tensor", value: name })),
      calls: branch.calls,
      types: builder.types,
    };
    return { kind: "graph", value: graph };
  };
  const bodies = [
    body(
      yes,
      pairs.map((pair) => pair.yes.name),
    ),
    body(
      no,
      pairs.map((pair) => pair.no.name),
    ),
  ] as const;
  const operands = sharedInputs(bodies);
  const results = pairs.map((pair) => resultOf(pair, evaluator));
  builder.append({
    target: "higher_order::cond",
    args: new Map<string, AtenArgument>([
      ["0", { kind: "symbol", value: condition }],
      ["1", operands.bodies[0]],
      ["2", operands.bodies[1]],
      ["3", { kind: "tensors", values: operands.names }],
    ]),
    outputs: results.map(({ name }) => ({ kind: "tensor", value: name })),
    origin: { scope: frame.scope, operator: "prim::If", line: `File "${frame.path}", line ${frame.line}` },
  });
  for (const [index, { name }] of pairs.entries()) frame.variables.set(name, results[index] as TensorValue); // one for each pair
}

/** Both bodies take the same operands. */
function sharedInputs(bodies: readonly [AtenArgument, AtenArgument]): {
  readonly bodies: readonly [AtenArgument, AtenArgument];
  readonly names: readonly string[];
} {
  const names = [...new Set(bodies.flatMap((body) => (body.kind === "graph" ? body.value.inputs : [])))];
  const widen = (body: AtenArgument): AtenArgument =>
    body.kind === "graph" ? { kind: "graph", value: { ...body.value, inputs: names } } : body;
  return { bodies: [widen(bodies[0]), widen(bodies[1])], names };
}

/** A result has the type that both branches give it. */
function resultOf(
  pair: { readonly name: string; readonly yes: TensorValue; readonly no: TensorValue },
  evaluator: Evaluator,
): TensorValue {
  const { builder } = evaluator.context;
  const [yes, no] = [builder.typeOf(pair.yes.name), builder.typeOf(pair.no.name)];
  if (yes.dtype !== no.dtype || yes.shape.length !== no.shape.length)
    throw new Unfollowed(`'${pair.name}' has another type in each branch that depends on the input`);
  const shape = yes.shape.map((size, axis) =>
    sameDim(size, no.shape[axis] ?? 0) ? size : builder.freshSize(),
  );
  const name = builder.freshName("cond");
  builder.types.set(name, { ...yes, shape });
  return tensor(name);
}

function readFromOutside({ calls }: Branch): string[] {
  const made = new Set<string>();
  const read: string[] = [];
  for (const call of calls) {
    for (const name of [...call.args.values()].flatMap(valuesIn)) if (!made.has(name)) read.push(name);
    for (const name of call.outputs.flatMap(valuesIn)) made.add(name);
  }
  return read;
}

function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  if (a.kind === "none" || a.kind === "uninitialized") return true;
  if (a.kind === "tensor" && b.kind === "tensor") return a.name === b.name;
  if (a.kind === "int" && b.kind === "int") return sameDim(a.value, b.value);
  return "value" in a && "value" in b && a.value === b.value;
}
