// The programs that the user's Python runs: they answer requests, JSON lines on stdin, with JSON lines on stdout.
// Tensors go through .npz files, arrays named 0, 1, ...; element types that NumPy lacks go as integers of their width,
// with the type's name in the request or answer. Complex tensors are floats with a last axis of 2.
// They need torch or tensorflow, and numpy, which comes with both.
// Not here: starting them and talking to them (worker.ts), which Python (find-python.ts).

import { EXPORT } from "./export-program.ts";

/** What they share. `serve` ends with the last request. */
const COMMON = `
import json, os, sys, warnings
sys.path[:] = [folder for folder in sys.path if folder]  # a file of the user's called json.py is not meant
warnings.filterwarnings("ignore")
import numpy as np

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what a model prints does not stand among the answers

def load_arrays(file, dtypes):
    with np.load(file) as arrays:
        return [(arrays[str(i)], dtype) for i, dtype in enumerate(dtypes)]

def save_arrays(file, pairs):
    np.savez(file, **{str(i): array for i, (array, _) in enumerate(pairs)})
    return [dtype for _, dtype in pairs]

class Refusal(Exception):
    "A row of the errors table."

    def __init__(self, code, **fields):
        super().__init__(code)
        self.code, self.fields = code, fields

def serve(handlers):
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": True, **(handlers[request["do"]](**request["with"]) or {})}
        except Refusal as refusal:
            answer = {"ok": False, "error": refusal.code, "code": refusal.code, "fields": refusal.fields}
        except Exception as error:
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
`;

const TORCH = `
import inspect
import torch
from torch.utils import _pytree as pytree

WIDTHS = {1: torch.uint8, 2: torch.int16}

def is_foreign(dtype):
    return dtype == torch.bfloat16 or "float8" in str(dtype)

def to_tensor(array, dtype):
    tensor = torch.from_numpy(np.array(array, order="C"))
    return tensor.view(getattr(torch, dtype)) if is_foreign(getattr(torch, dtype)) else tensor

def to_array(value):
    if isinstance(value, (bool, int, float)):  # scalars are tensors in a converted model
        dtype = {bool: torch.bool, int: torch.int64, float: torch.float32}[type(value)]
        value = torch.tensor(value, dtype=dtype)
    tensor = value.detach().resolve_conj().resolve_neg()
    tensor = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    name = str(tensor.dtype).removeprefix("torch.")
    tensor = tensor.clone(memory_format=torch.contiguous_format)  # a later operator may write into it
    return (tensor.view(WIDTHS[tensor.element_size()]) if is_foreign(tensor.dtype) else tensor).numpy(), name

def is_output(value):
    return isinstance(value, (torch.Tensor, bool, int, float))

class Found(Exception):
    pass

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

    def names(self):
        return [node.name for node in self.program.graph.nodes if isinstance(node.meta.get("val"), torch.Tensor)]

    def values(self, tensors, names):
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

    def run(self, tensors, named):
        self.begins.restore()
        given, arguments = iter(tensors), {}
        for argument in self.module.forward.schema.arguments[1:]:
            if argument.name in named:
                arguments[argument.name] = named[argument.name]
            else:
                arguments[argument.name] = next(given)
        return pytree.tree_leaves(self.module(**arguments))

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

    def values(self, inputs, dtypes, outputs, names):
        tensors = [to_tensor(*pair) for pair in load_arrays(inputs, dtypes)]
        with torch.no_grad():
            found = self.source.values(tensors, names)
        found = {name: pair for name, pair in found.items() if pair is not None}
        return {"names": list(found), "dtypes": save_arrays(outputs, list(found.values()))}

    def names(self):
        return {"names": self.source.names()}

    def describe(self, name):
        node = self.source.nodes().get(name)
        if node is None:
            return {"target": "", "trace": ""}
        return {"target": str(node.target), "trace": node.meta.get("stack_trace") or ""}

    def halve(self, file):
        self.source.halve(file)

handlers = Handlers()
serve({name: getattr(handlers, name) for name in ("load", "run", "names", "values", "describe", "halve")})
`;

const TENSORFLOW = `
import tensorflow as tf

FOREIGN = {"bfloat16": tf.uint16, "float8_e5m2": tf.uint8, "float8_e4m3fn": tf.uint8}

def to_tensor(array, dtype):
    if dtype in FOREIGN:
        return tf.bitcast(tf.constant(array.view(FOREIGN[dtype].as_numpy_dtype)), tf.dtypes.as_dtype(dtype))
    return tf.constant(array)

def to_array(tensor):
    name = tensor.dtype.name
    if name in FOREIGN:
        return tf.bitcast(tensor, FOREIGN[name]).numpy(), name
    if name == "string":
        return np.array(tensor.numpy(), dtype=bytes), name
    return tensor.numpy(), name

class Handlers:
    models = {}

    def load(self, folder):
        self.models[folder] = tf.saved_model.load(folder)
        return {"version": tf.__version__}

    def forget(self, folder):
        self.models.pop(folder, None)

    def run(self, folder, inputs, dtypes, input_names, outputs, output_names):
        call = self.models[folder].signatures["serving_default"]
        tensors = [to_tensor(*pair) for pair in load_arrays(inputs, dtypes)]
        found = call(**dict(zip(input_names, tensors)))
        return {"dtypes": save_arrays(outputs, [to_array(found[name]) for name in output_names])}

handlers = Handlers()
serve({name: getattr(handlers, name) for name in ("load", "run", "forget")})
`;

export const PYTHON_PROGRAMS = {
  torch: COMMON + TORCH,
  tensorflow: COMMON + TENSORFLOW,
  export: COMMON + EXPORT,
} as const;

export type ProgramName = keyof typeof PYTHON_PROGRAMS;

export type Framework = "torch" | "tensorflow";

/** Prints, as JSON, its own path and which frameworks it could import; imports none. */
export const PYTHON_PROBE = `
import importlib.util, json, sys
sys.path[:] = [folder for folder in sys.path if folder]
has = lambda name: importlib.util.find_spec(name) is not None
print(json.dumps({"executable": sys.executable, "torch": has("torch"), "tensorflow": has("tensorflow")}))
`;
