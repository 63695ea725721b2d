// Follows `forward` of an archive into a program: from call to call, until what the model keeps is known, and along every
// way through it where its branches have no types in common.
// Not here: the interpreter (evaluate/), which sizes are free (read-torchscript.ts).
import { FerryError, Problem } from "../../core/errors.ts";
import type { AtenArgument, AtenGraph, AtenOutput, AtenProgram, KeptState } from "../aten/program.ts";
import type { TorchExtensions } from "../extensions.ts";
import { refuseAmbiguousWrites } from "./ambiguous-writes.ts";
import type { ScriptArchive } from "./archive.ts";
import type { Code } from "./code.ts";
import { constantsOf } from "./constants.ts";
import type { Context } from "./evaluate/context.ts";
import { Evaluator } from "./evaluate/evaluator.ts";
import type { Inputs } from "./inputs.ts";
import { beginWith, initialTensor, isSameKept, type Kept, keptAs, leaveBehind } from "./kept-values.ts";
import { Objects } from "./objects.ts";
import { outputsOf } from "./outputs.ts";
import { allPaths, followPaths, joinPaths, Parting, type Path, type Paths } from "./paths.ts";
import { ProgramBuilder } from "./program-builder.ts";
import { Malformed, Unfollowed } from "./refusal.ts";
import type { FunctionDefinition } from "./source/syntax.ts";
import { type Attributes, attributesOf, isChanged } from "./state.ts";
import type { ObjectValue, Value } from "./values.ts";

export interface Followed {
  readonly archive: ScriptArchive;
  readonly code: Code;
  readonly inputsOf: (forward: FunctionDefinition, builder: ProgramBuilder) => Inputs | Problem;
  readonly extensions: TorchExtensions | undefined;
}

/** One way through one call. */
interface Call extends Path {
  readonly given: Inputs;
  readonly outputs: readonly AtenOutput[];
  /** Attributes as the archive has them, and as the call leaves them. */
  readonly initial: Attributes;
  readonly before: Attributes;
  readonly after: Attributes;
  /** Values of the inputs of what is kept, by attribute. */
  readonly kept: ReadonlyMap<string, string>;
}

/** Calls that are followed until what is kept has settled; each makes one attribute more, or one size, free. */
const MAX_CALLS = 12;

export function follow(followed: Followed): AtenProgram {
  const kept = new Map<string, Kept>();
  for (let call = 0; call < MAX_CALLS; call++) {
    const paths = followPaths((decided) => followCall(followed, kept, decided));
    if (!learn(allPaths(paths), kept)) return programOf(followed.archive, paths, kept);
  }
  throw new Unfollowed("what forward keeps from call to call does not settle");
}

function followCall(
  { archive, code, inputsOf, extensions }: Followed,
  kept: ReadonlyMap<string, Kept>,
  decided: ReadonlyMap<string, boolean>,
): Call {
  const builder = new ProgramBuilder();
  const model = rootModule(archive, code, builder);
  const forward = code.method(model.className, "forward");
  if (!forward) throw new Malformed(`the class ${model.className}`, "has no method forward");
  const given = inputsOf(forward, builder);
  if (given instanceof Problem) throw new FerryError([given]);
  const constants = constantsOf(archive, code, builder);
  const loosened: Parting[] = [];
  const context: Context = {
    builder,
    code,
    constants,
    version: archive.version,
    extensions,
    decided,
    loosened,
  };
  const initial = attributesOf(model);
  const inputs = new Map<string, string>();
  for (const [name, how] of kept) {
    const begun = beginWith(name, how, context);
    if (!begun) continue;
    inputs.set(name, begun.input);
    if (begun.value) initial.get(name)?.set(begun.value);
  }
  const before = attributesOf(model);
  const args = { positional: given.args, named: given.named ?? new Map<string, Value>() };
  const result = partingInstead(loosened, () => new Evaluator(context).callMethod(model, "forward", args));
  return {
    builder,
    given,
    outputs: outputsOf(result),
    initial,
    before,
    after: attributesOf(model),
    kept: inputs,
  };
}

/** Where the code cannot be followed further, it may be so for want of a size: then it parts where that was lost. */
function partingInstead<T>(loosened: readonly Parting[], evaluate: () => T): T {
  try {
    return evaluate();
  } catch (error) {
    const last = loosened.at(-1);
    if (!(error instanceof Unfollowed) || !last) throw error;
    throw new Parting(last.condition, last.at, error);
  }
}

/** Notes what the calls keep; whether that was news. */
function learn(calls: readonly Call[], kept: Map<string, Kept>): boolean {
  let isNews = false;
  for (const { builder, initial, before, after } of calls) {
    for (const [name, { value }] of after) {
      if (!isChanged(before.get(name)?.value, value)) continue;
      const known = kept.get(name);
      const how = keptAs(name, initial.get(name)?.value, value, known, builder);
      if (isSameKept(known, how)) continue;
      kept.set(name, how);
      isNews ||= how.kind !== "buffer";
    }
  }
  return isNews;
}

function programOf(archive: ScriptArchive, paths: Paths<Call>, kept: ReadonlyMap<string, Kept>): AtenProgram {
  const calls = allPaths(paths);
  const [first] = calls;
  if (!first) throw new RangeError("a program has a way through it");
  const names = first.outputs.map(({ name }) => name);
  if (calls.some(({ outputs }) => outputs.map(({ name }) => name).join() !== names.join()))
    throw new Unfollowed("forward returns other values depending on the input");
  const joined = joinPaths(paths, (call) => [
    ...call.outputs.map(({ argument }) => argument),
    ...[...kept].map(([name, how]) => {
      const value = call.after.get(name)?.value;
      return value ? leaveBehind(how, value, call.builder) : NONE;
    }),
  ]);
  const { builder } = joined;
  const graph: AtenGraph = {
    inputs: [...first.given.inputs.map(({ value }) => value), ...first.kept.values()],
    outputs: joined.outputs,
    calls: joined.calls,
    types: builder.types,
    strides: builder.strides,
    sources: builder.sources,
  };
  refuseAmbiguousWrites(graph, new Map(calls.flatMap((call) => [...call.builder.listCopies])));
  const mutations = new Map<string, string>();
  const states: KeptState[] = [];
  for (const [index, [name, how]] of [...kept].entries()) {
    const argument = joined.outputs[names.length + index] ?? NONE;
    const initial = first.initial.get(name)?.value;
    const input = first.kept.get(name);
    if (!initial) continue;
    if (input !== undefined)
      states.push({
        input: { name, value: input },
        argument,
        initial: initialTensor(how, initial, builder),
      });
    else if (initial.kind === "tensor" && argument.kind === "tensor")
      mutations.set(initial.name, argument.value);
  }
  return {
    file: archive.file.name,
    graph: { ...graph, outputs: joined.outputs.slice(0, names.length) },
    inputs: first.given.inputs,
    outputs: names.map((name, index) => ({ name, argument: joined.outputs[index] ?? NONE })),
    weights: new Map(calls.flatMap((call) => [...call.builder.weights])),
    mutations,
    states,
    producer: "torch.jit",
    constraints: new Map(),
  };
}

const NONE: AtenArgument = { kind: "none" };

function rootModule(archive: ScriptArchive, code: Code, builder: ProgramBuilder): ObjectValue {
  const saved = archive.pickle("data");
  const root = saved && new Objects(saved, code, builder).root("");
  if (root?.kind !== "object") throw new Malformed("data.pkl", "holds no module");
  return root;
}
