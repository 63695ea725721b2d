// Turns operators that write into their argument into ones that return new contents, also through views.
// Method: every value is a root or a view of one; a root has a version. Writing makes a new value and, through the views'
// inverses, a new root; whoever reads an older view gets it made again from the new root.
// Invariant: writing to a fresh value only renames it, so the common case (relu_ after a convolution) costs no call.
// Not here: which operators make views, and their inverses (views.ts).
import { type Problem, problem } from "../../core/errors.ts";
import type { Dim } from "../../graph/dim.ts";
import type { TensorType } from "../../graph/type.ts";
import { Refusal } from "./argument.ts";
import { closeOver } from "./close-over.ts";
import type { AtenArgument, AtenCall, AtenGraph } from "./program.ts";
import { renameArgument, renameArguments, valuesIn } from "./rename.ts";
import { overloadsOf, type Schema, schemaOf } from "./schema.ts";
import { hiddenSources, type Step, sharedArgument, undoView } from "./views.ts";
import { whereOf } from "./where.ts";

interface Root {
  readonly name: string;
  version: number;
}

interface View {
  readonly root: Root;
  /** What it is a view of; undefined for the root's own contents. */
  readonly parent: View | undefined;
  readonly call: AtenCall | undefined;
  readonly argument: string;
  readonly index: number;
  /** The name that now holds its contents, if `version` is the root's. */
  value: string;
  version: number;
}

export interface Functional {
  readonly graph: AtenGraph;
  /** Inputs and weights of the graph that were written to, with the call that did it first. */
  readonly written: ReadonlyMap<string, AtenCall>;
  readonly problems: readonly Problem[];
  /** The tensor that a name is a view of, or the name itself. */
  rootOf(name: string): string;
}

/** The same graph without in-place operators. */
export function functionalize(graph: AtenGraph, file: string): Functional {
  return new Functionalizer(graph, file).run();
}

/** In-place operators that only say something about memory or gradients. */
const NO_CHANGE = new Set([
  "detach_",
  "requires_grad_",
  "retain_grad",
  "dropout_",
  "feature_dropout_",
  "alpha_dropout_",
]);
/** Operators that write what is of no consequence in one call of a model: marks for autograd, statistics of training. */
const IGNORED = new Set(
  "record_stream retain_grad _native_batch_norm_legit _batch_norm_with_update".split(" "),
);
const NO_COUNTERPART =
  "it writes into its argument, and no operator is known that returns the same; export with run_decompositions({})";
/** In-place operators that do not look at what they write over. */
const OVERWRITES = new Set(["copy_", "fill_", "zero_"]);
/** In-place operators that change how a tensor is seen, not its elements. */
const RESEEN = new Set("squeeze_ unsqueeze_ t_ transpose_ swapaxes_ swapdims_ as_strided_".split(" "));

class Functionalizer {
  private readonly graph: AtenGraph;
  private readonly file: string;
  private readonly views = new Map<string, View>();
  private readonly calls: AtenCall[] = [];
  private readonly types: Map<string, TensorType>;
  private readonly strides: Map<string, readonly Dim[]>;
  private readonly written = new Map<string, AtenCall>();
  private readonly problems: Problem[] = [];
  /** Pairs of roots that may share memory in a way that cannot be followed. */
  private readonly hidden: (readonly [string, string])[] = [];
  /** Further names of a tensor: an operator that writes into it returns it. */
  private readonly sameTensor = new Map<string, string>();
  /** By the first name of a tensor that was turned in place: the view that it is now. */
  private readonly reseen = new Map<string, string>();
  private made = 0;
  /** Roots that the bodies of the call at hand write into, with the results that hold their new contents. */
  private readonly pending: { readonly root: string; readonly fresh: string }[] = [];

  constructor(graph: AtenGraph, file: string) {
    this.graph = graph;
    this.file = file;
    this.types = new Map(graph.types);
    this.strides = new Map(graph.strides ?? []);
  }

  run(): Functional {
    for (const call of this.graph.calls) {
      try {
        this.visit(call);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const where = whereOf(call);
        this.problems.push(
          problem("OPERATOR_UNSUPPORTED", {
            file: this.file,
            operator: call.target,
            where,
            reason: error.message,
          }),
        );
      }
    }
    const outputs = this.graph.outputs.map((output) => renameArgument(output, (name) => this.current(name)));
    const graph = { ...this.graph, outputs, calls: this.calls, types: this.types, strides: this.strides };
    const rootOf = (name: string) => this.rootOf(name);
    return { graph, written: this.written, problems: this.problems, rootOf };
  }

  private visit(given: AtenCall): void {
    const seen = { ...given, args: renameArguments(given.args, (name) => this.asSeen(name)) };
    const call = this.closed(seen, given);
    const name = nameOf(call.target);
    if (NO_CHANGE.has(name)) this.rename(call);
    else if (RESEEN.has(name)) this.resee(call, functionalTarget(call.target));
    else if (writesArgument(call)) this.write(call, functionalTarget(call.target));
    else this.pass(call);
  }

  /** A call with bodies gives what they write into as further results, which are written over the originals here. */
  private closed(call: AtenCall, given: AtenCall): AtenCall {
    if (![...call.args.values()].some((argument) => argument.kind === "graph")) return call;
    const memoryOf = (body: AtenGraph) => functionalize(body, this.file);
    const closure = closeOver(call, memoryOf, {
      rootOf: (name) => this.rootOf(name),
      isForgotten: (name) => this.isForgotten(name, given),
      viewCalls: (name) => this.viewCalls(name),
      typeOf: (name) => this.types.get(name),
    });
    if (!closure) return call;
    for (const root of closure.roots) {
      const fresh = this.freshName(undefined, root);
      closure.results.push({ kind: "tensor", value: fresh });
      this.pending.push({ root, fresh });
    }
    return { ...call, args: closure.args, outputs: [...call.outputs, ...closure.results] };
  }

  private rootOf(name: string): string {
    return this.views.get(name)?.root.name ?? name;
  }

  /** Whether nothing of the graph looks at a tensor's memory after a call, and nothing outside can. */
  private isForgotten(name: string, call: AtenCall): boolean {
    const root = this.rootOf(name);
    const isOwn = this.graph.calls.some((maker) => maker.outputs.flatMap(valuesIn).includes(root));
    return isOwn && !this.isReadAfter(root, call);
  }

  /** The calls that make a view from its root, in order. */
  private viewCalls(name: string): AtenCall[] {
    const calls: AtenCall[] = [];
    for (let view = this.views.get(name); view?.parent && view.call; view = view.parent)
      calls.unshift(view.call);
    return calls;
  }

  /** A call that writes nothing: its arguments are brought up to date, its results are fresh or views. */
  private pass(given: AtenCall): void {
    const call = this.onMemory(given);
    const shared = sharedArgument(call, { types: this.types, strides: this.strides });
    const source = shared === undefined ? undefined : call.args.get(shared);
    this.calls.push({ ...call, args: this.currentArguments(call) });
    for (const { root, fresh } of this.pending.splice(0)) {
      this.replace(this.viewOf(root), fresh, call);
      if (!this.written.has(root)) this.written.set(root, call);
    }
    for (const other of hiddenSources(call))
      for (const result of call.outputs.flatMap(valuesIn)) this.hidden.push([this.rootOf(other), result]);
    if (shared === undefined || source?.kind !== "tensor") return;
    const parent = this.viewOf(source.value);
    for (const [index, result] of call.outputs.flatMap(valuesIn).entries()) {
      const version = parent.root.version;
      this.views.set(result, {
        root: parent.root,
        parent,
        call,
        argument: shared,
        index,
        value: result,
        version,
      });
    }
  }

  /** An explicit offset counts from the start of the memory, so such a view is one of the root. */
  private onMemory(call: AtenCall): AtenCall {
    const name = nameOf(call.target);
    const self = call.args.get("self");
    const offset = call.args.get("storage_offset")?.kind ?? "none";
    if (!name.startsWith("as_strided") || self?.kind !== "tensor" || offset === "none") return call;
    const view = this.views.get(self.value);
    if (!view?.parent) return call;
    if (name === "as_strided_scatter")
      throw new Refusal("it writes by strides into a view of another tensor");
    return { ...call, args: new Map([...call.args, ["self", { kind: "tensor", value: view.root.name }]]) };
  }

  /** The result is the argument itself. */
  private rename(call: AtenCall): void {
    const self = firstTensor(call);
    const view = this.viewOf(self);
    for (const result of call.outputs.flatMap(valuesIn)) {
      this.views.set(result, view);
      this.sameTensor.set(result, self);
    }
  }

  /** `x.unsqueeze_(0)`: from here on the tensor, whatever names it has, is a view of what it was. */
  private resee(call: AtenCall, target: string | undefined): void {
    const [result] = call.outputs.flatMap(valuesIn);
    if (target === undefined || result === undefined) throw new Refusal(NO_COUNTERPART);
    const self = firstTensor(call);
    this.pass({ ...call, target });
    this.reseen.set(this.firstName(self), result);
    this.sameTensor.set(result, self);
  }

  /** What the first name of a tensor was that is written to, and thereby named, again and again. */
  private firstName(name: string): string {
    const before = this.sameTensor.get(name);
    return before === undefined ? name : this.firstName(before);
  }

  private asSeen(name: string): string {
    return this.reseen.size === 0 ? name : (this.reseen.get(this.firstName(name)) ?? name);
  }

  private write(call: AtenCall, target: string | undefined): void {
    const written = schemaOf(call.target)?.arguments.filter((candidate) => candidate.written) ?? [];
    const argument = written[0]?.name;
    const self = argument === undefined ? undefined : call.args.get(argument);
    // Nobody need use the result of such a call, so that it would fall away without a word.
    if (self?.kind !== "tensor" || target === undefined || written.length > 1)
      throw new Refusal(NO_COUNTERPART);
    const view = this.viewOf(self.value);
    this.refuseHidden(view.root.name, call);
    const fresh = this.freshName(call.outputs.flatMap(valuesIn)[0], self.value);
    const outputs: AtenArgument[] = [{ kind: "tensor", value: fresh }];
    const args = this.currentArguments(call);
    if (OVERWRITES.has(nameOf(call.target))) args.delete(argument ?? "");
    this.calls.push({ ...call, target, args, outputs });
    this.replace(view, fresh, call);
    if (!this.written.has(view.root.name)) this.written.set(view.root.name, call);
    for (const result of call.outputs.flatMap(valuesIn)) {
      this.views.set(result, view);
      this.sameTensor.set(result, self.value);
    }
  }

  /** Nothing may be read afterwards that perhaps was written into here too. */
  private refuseHidden(root: string, call: AtenCall): void {
    const partners = new Set([root]);
    for (const partner of partners)
      for (const pair of this.hidden)
        if (pair.includes(partner)) for (const other of pair) partners.add(other);
    partners.delete(root);
    if (![...partners].some((partner) => this.isReadAfter(partner, call))) return;
    throw new Refusal(
      "it writes into a tensor that may share memory with another one, which is used later; clone the tensor before it is written to",
    );
  }

  private isReadAfter(root: string, call: AtenCall): boolean {
    const { calls, outputs } = this.graph;
    const at = calls.findIndex(({ outputs: made }) => made === call.outputs);
    const later = calls.slice(at + 1).flatMap(({ args }) => [...args.values()]);
    return [...later, ...outputs].flatMap(valuesIn).some((used) => this.rootOf(used) === root);
  }

  /** Makes `fresh` the contents of a view, and of everything it is a part of. */
  private replace(view: View, fresh: string, cause: AtenCall): void {
    if (view.parent && view.call) {
      const base = this.refresh(view.parent);
      const undo = undoView(view.call, view.argument, view.index, base, fresh, this.types);
      const whole = undo ? this.emit(undo, base, cause) : fresh;
      this.replace(view.parent, whole, cause);
    } else view.root.version += 1;
    view.value = fresh;
    view.version = view.root.version;
  }

  /** Appends a call whose one result is like `like`. */
  private emit(step: Step, like: string, cause: AtenCall): string {
    const name = this.freshName(undefined, like);
    this.calls.push({ ...step, outputs: [{ kind: "tensor", value: name }], origin: cause.origin });
    return name;
  }

  /** The name that holds a view's contents now; the view is made again if its root has changed. */
  private refresh(view: View): string {
    const { parent, call } = view;
    if (view.version === view.root.version || !parent || !call) return view.value;
    const base = this.refresh(parent);
    const names = new Map<string, string>();
    const again = (name: string) => names.get(name) ?? this.nameAgain(name, names);
    const outputs = call.outputs.map((output) => renameArgument(output, again));
    const args = new Map(this.currentArguments(call));
    args.set(view.argument, { kind: "tensor", value: base });
    this.calls.push({ ...call, args, outputs });
    view.value = outputs.flatMap(valuesIn)[view.index] ?? view.value;
    view.version = view.root.version;
    return view.value;
  }

  private nameAgain(name: string, names: Map<string, string>): string {
    const fresh = this.freshName(undefined, name);
    names.set(name, fresh);
    return fresh;
  }

  private currentArguments(call: AtenCall): Map<string, AtenArgument> {
    return renameArguments(call.args, (name) => this.current(name));
  }

  private current(name: string): string {
    const view = this.views.get(this.asSeen(name));
    return view ? this.refresh(view) : name;
  }

  private viewOf(name: string): View {
    const known = this.views.get(name);
    if (known) return known;
    const root: Root = { name, version: 0 };
    const view: View = {
      root,
      parent: undefined,
      call: undefined,
      argument: "",
      index: 0,
      value: name,
      version: 0,
    };
    this.views.set(name, view);
    return view;
  }

  /** `wanted`, or a new name for a value typed like `like`. */
  private freshName(wanted: string | undefined, like: string): string {
    if (wanted !== undefined && !this.views.has(wanted)) return wanted;
    this.made += 1;
    const name = `${like}~${this.made}`;
    const type = this.types.get(like);
    if (type) this.types.set(name, type);
    const strides = this.strides.get(like);
    if (strides) this.strides.set(name, strides);
    return name;
  }
}

function nameOf(target: string): string {
  return target.slice(target.indexOf("::") + 2).replace(/\..*$/, "");
}

/** Whether the call writes into an argument, as far as its schema or, without one, its name tells. */
function writesArgument({ target }: AtenCall): boolean {
  const [schema, name] = [schemaOf(target), nameOf(target)];
  if (schema) return schema.arguments.some(({ written }) => written) && !IGNORED.has(name);
  return target.startsWith("aten::") && (/\.(\w+_)?out$/.test(target) || /[^_]_$/.test(name));
}

/** The operator that returns what this one writes; undefined if there is none with the same arguments. */
function functionalTarget(target: string): string | undefined {
  const schema = schemaOf(target);
  const name = nameOf(target);
  const plain = /^__i\w+__$/.test(name) ? `__${name.slice(3)}` : name.replace(/_$/, "");
  const same = target.replace(/::[^.]*/, `::${plain}`);
  if (!schema || plain === name) return undefined;
  const found = overloadsOf(same.replace(/\..*$/, "")).find((other) => takes(other) === takes(schema));
  return found?.target;
}

function takes(schema: Schema): string {
  return schema.arguments.map(({ type, name }) => `${type} ${name}`).join();
}

function firstTensor(call: AtenCall): string {
  for (const argument of call.args.values()) if (argument.kind === "tensor") return argument.value;
  throw new Refusal("it writes to no tensor");
}
