// What the user's Python runs with PyTorch: a file of torch.export or of TorchScript, its values, its half-precision copy.
// Not here: what goes to and fro (program.ts), values within TorchScript's code (telling-program.ts).

export const TORCH = `
import inspect
from torch.utils import _pytree as pytree

def is_output(value):
    return isinstance(value, (torch.Tensor, bool, int, float))

class Recorder(torch.fx.Interpreter):
    "Runs a graph and keeps the values of some nodes, until it has them all."

    def __init__(self, module, names):
        super().__init__(module)
        self.names, self.values = set(names), {}

    def run_node(self, node):
        value = super().run_node(node)
        if node.name in self.names:
            self.values[node.name] = to_array(value) if isinstance(value, torch.Tensor) else None
            if len(self.values) == len(self.names):
                raise Found
        return value

class Beginnings:
    "What a model keeps between calls, as it was at first: every run here is a first call."

    def __init__(self, buffers):
        self.pairs = {name: (buffer, buffer.detach().clone()) for name, buffer in buffers}

    def names(self):
        return set(self.pairs)

    def restore(self):
        with torch.no_grad():
            for buffer, beginning in self.pairs.values():
                if not torch.equal(buffer, beginning):
                    buffer.copy_(beginning)

class Exported:
    "A torch.export archive."

    def __init__(self, file, model):
        if model is None:
            self.program = torch.export.load(file)
        else:
            from torch.export.pt2_archive._package import load_pt2
            self.program = load_pt2(file).exported_programs[model]
        self.module = self.program.module()
        self.begins = Beginnings(self.module.named_buffers())

    def nodes(self):
        return {node.name: node for node in self.program.graph.nodes}

    def leaves(self, tensors):
        "The user's inputs as forward's flat arguments: tensors, free integers, and literals that the file holds."
        given, nodes = iter(tensors), self.nodes()
        for spec in self.program.graph_signature.input_specs:
            if spec.kind.name == "USER_INPUT":
                kind = type(spec.arg).__name__
                if kind == "TensorArgument":
                    tensor = next(given)
                    meta = nodes[spec.arg.name].meta.get("val")
                    yield torch.view_as_complex(tensor) if meta is not None and meta.is_complex() else tensor
                elif kind == "SymIntArgument":
                    yield int(next(given))
                else:
                    yield spec.arg.value

    def run(self, tensors, named):
        self.begins.restore()
        args, kwargs = pytree.tree_unflatten(list(self.leaves(tensors)), self.program.call_spec.in_spec)
        return pytree.tree_leaves(self.module(*args, **kwargs))

    def names(self, tensors, named):
        return [node.name for node in self.program.graph.nodes if isinstance(node.meta.get("val"), torch.Tensor)]

    def values(self, tensors, named, names):
        program, leaves = self.program, self.leaves(tensors)
        held = {**program.state_dict, **program.constants}
        held = {name: value.clone() if name in self.mutated() else value for name, value in held.items()}
        args = [
            next(leaves) if spec.kind.name == "USER_INPUT" else held.get(spec.target)
            for spec in program.graph_signature.input_specs
        ]
        recorder = Recorder(program.graph_module, set(names) & set(self.nodes()))
        try:
            if recorder.names:
                recorder.run(*args)
        except Found:
            pass
        return recorder.values

    def place(self, name):
        node = self.nodes().get(name)
        return ("", "") if node is None else (str(node.target), node.meta.get("stack_trace") or "")

    def examples(self):
        given = self.program.example_inputs
        specs = [spec.arg for spec in self.program.graph_signature.input_specs if spec.kind.name == "USER_INPUT"]
        pairs = zip(specs, pytree.tree_leaves(given) if given else [])
        return [example(leaf) for arg, leaf in pairs if type(arg).__name__ in ("TensorArgument", "SymIntArgument")]

    def halve(self, file):
        "The same program in half precision, exported anew, so that its types are PyTorch's own."
        if not self.program.example_inputs:
            raise ValueError("the file holds no example inputs, without which PyTorch cannot export it anew")
        args, kwargs = self.program.example_inputs
        shapes = pytree.tree_map(free_sizes, pytree.tree_unflatten(self.example_metas(), self.program.call_spec.in_spec))
        module = half_module(unguarded(self.program))
        args, kwargs = pytree.tree_map(half, (args, kwargs))
        names = list(inspect.signature(module.forward).parameters)
        dynamic = {**dict(zip(names, shapes[0])), **shapes[1]}
        torch.export.save(torch.export.export(module, args, kwargs, dynamic_shapes=dynamic), file)

    def mutated(self):
        return set(self.program.graph_signature.buffers_to_mutate.values()) | self.begins.names()

    def example_metas(self):
        nodes = self.nodes()
        for spec in self.program.graph_signature.input_specs:
            if spec.kind.name == "USER_INPUT":
                yield nodes[spec.arg.name].meta.get("val") if hasattr(spec.arg, "name") else None

class Scripted:
    "A TorchScript archive."

    def __init__(self, file, model):
        self.file, self.module = file, torch.jit.load(file, map_location="cpu")
        self.begins = Beginnings(self.module.named_buffers())
        self.telling = None

    def run(self, tensors, named):
        self.begins.restore()
        return pytree.tree_leaves(self.module(**self.arguments(tensors, named)))

    def arguments(self, tensors, named):
        given = iter(tensors)
        names = [argument.name for argument in self.module.forward.schema.arguments[1:]]
        return {name: named[name] if name in named else next(given) for name in names}

    def tell(self, tensors, named, names=None):
        self.telling = self.telling or Telling(self.module)
        self.begins.restore()
        return self.telling.run(self.module, list(self.arguments(tensors, named).values()), names)

    def names(self, tensors, named):
        return list(self.tell(tensors, named))

    def values(self, tensors, named, names):
        return self.tell(tensors, named, set(names)) if names else {}

    def place(self, name):
        return self.telling.places.get(name.rsplit(" ", 2)[0], ("", ""))

    def examples(self):
        return []

    def halve(self, file):
        torch.jit.load(self.file, map_location="cpu").half().save(file)

def example(leaf):
    if isinstance(leaf, int):
        return {"shape": [], "least": leaf, "most": leaf}
    whole = not (leaf.is_floating_point() or leaf.is_complex() or leaf.dtype == torch.bool) and leaf.numel()
    return {"shape": list(leaf.shape), **({"least": int(leaf.min()), "most": int(leaf.max())} if whole else {})}

def half(value):
    return value.half() if isinstance(value, torch.Tensor) and value.dtype == torch.float32 else value

def unguarded(program):
    "The program as a module that does not ask for its inputs' dtypes."
    guarded = "check_guards" in inspect.signature(program.module).parameters
    module = program.module(check_guards=False) if guarded else program.module()
    hooks = module._forward_pre_hooks
    for key in [key for key, hook in hooks.items() if "constraints" in getattr(hook, "__name__", "")]:
        del hooks[key]
    return module

def half_module(module):
    for node in module.graph.nodes:
        change = lambda value: torch.float16 if value == torch.float32 and isinstance(value, torch.dtype) else value
        node.args, node.kwargs = torch.fx.node.map_aggregate((node.args, node.kwargs), change)
    module.recompile()
    copies = {}  # shared weights stay shared
    for part in module.modules():
        for holder in (part._parameters, part._buffers, vars(part)):
            for name, value in list(holder.items()):
                if isinstance(value, torch.Tensor) and value.dtype == torch.float32:
                    copy = copies.setdefault(id(value), value.detach().half().clone())
                    holder[name] = torch.nn.Parameter(copy, False) if holder is part._parameters else copy
    return module

def free_sizes(meta):
    if not isinstance(meta, torch.Tensor):
        return None
    return {axis: torch.export.Dim.AUTO for axis, size in enumerate(meta.shape) if not isinstance(size, int)}

class Handlers:
    source = None

    def load(self, file, kind, model=None):
        self.source = (Exported if kind == "pt2" else Scripted)(file, model)
        return {"version": torch.__version__, "examples": self.source.examples()}

    def run(self, inputs, dtypes, outputs, named):
        tensors = [to_tensor(*pair) for pair in load_arrays(inputs, dtypes)]
        with torch.no_grad():
            leaves = self.source.run(tensors, named)
        return {"dtypes": save_arrays(outputs, [to_array(leaf) for leaf in leaves if is_output(leaf)])}

    def values(self, inputs, dtypes, outputs, named, names):
        tensors = [to_tensor(*pair) for pair in load_arrays(inputs, dtypes)]
        with torch.no_grad():
            found = self.source.values(tensors, named, names)
        found = {name: pair for name, pair in found.items() if pair is not None}
        return {"names": list(found), "dtypes": save_arrays(outputs, list(found.values()))}

    def names(self, inputs, dtypes, outputs, named):
        tensors = [to_tensor(*pair) for pair in load_arrays(inputs, dtypes)]
        with torch.no_grad():
            names = self.source.names(tensors, named)
        return {"names": names, "dtypes": save_arrays(outputs, [])}

    def describe(self, name):
        target, trace = self.source.place(name)
        return {"target": target, "trace": trace}

    def halve(self, file):
        self.source.halve(file)

handlers = Handlers()
serve({name: getattr(handlers, name) for name in ("load", "run", "names", "values", "describe", "halve")})
`;
