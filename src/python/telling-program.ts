// Python: arrays as PyTorch's tensors and back; and a TorchScript module that tells its intermediate values.
// Method: an operator of our own is put behind each operator of the code with all calls inlined. It is executed whenever
// that one is, also in branches and loops, right then: what later operators write into a value is not in what is told.
// Source: https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/OVERVIEW.md

export const TELLING = `
import re
import torch

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

class Found(Exception):
    pass

class Telling:
    """forward of a TorchScript module with its calls inlined, which tells what each operator gives, as it is executed.

    Values are called after operator, file and line of the archive's code, execution, and place among the results:
    "aten::add code/__torch__.py:12 0 0". An operator that takes and gives nothing further may not be left out or moved.
    """

    library = None

    def __init__(self, module):
        if Telling.library is None:
            library = Telling.library = torch.library.Library("torchferry_verify", "DEF")
            for overload, kind in (("", "Tensor"), (".list", "Tensor[]")):
                library.define(f"tell{overload}({kind} value, str key, int place) -> ()", alias_analysis="CONSERVATIVE")
                library.impl(f"tell{overload}", lambda *told: Telling.now.hear(*told), "CompositeImplicitAutograd")
        self.places = {}
        self.graph = module.forward.graph.copy()
        torch._C._jit_pass_inline(self.graph)
        self.insert(self.graph)
        self.function = torch._C._create_function_from_graph("forward", self.graph)

    def insert(self, block):
        for node in list(block.nodes()):
            for inner in node.blocks():
                self.insert(inner)
            place = None if node.kind().startswith("prim::") else code_line(node.sourceRange())
            if place is None:
                continue
            key = f"{node.kind()} {place}"
            self.places[key] = (node.kind(), python_trace(node.sourceRange()))
            last = node
            for index, output in enumerate(node.outputs()):
                if output.type().annotation_str in ("Tensor", "List[Tensor]"):
                    last = self.after(last, output, key, index)

    def after(self, last, output, key, index):
        arguments = [output]
        for constant in (key, index):
            arguments.append(self.graph.insertConstant(constant))
            arguments[-1].node().moveAfter(last)
            last = arguments[-1].node()
        teller = self.graph.create("torchferry_verify::tell", arguments, 0)
        teller.insertAfter(last)
        return teller

    def run(self, module, arguments, names):
        "Values by name, those of the names alone; without names each is None."
        self.names, self.values, self.counts = names, {}, {}
        Telling.now = self
        try:
            with torch.jit.optimized_execution(False):
                self.function(module._c, *arguments)
        except Exception:  # PyTorch makes one of its own of what is thrown when all is found
            if names is None or len(self.values) < len(names):
                raise
        return self.values

    def hear(self, value, key, place):
        count = self.counts[key, place] = self.counts.get((key, place), -1) + 1
        for index, item in enumerate(value if isinstance(value, (list, tuple)) else [value], place):
            name = f"{key} {count} {index}"
            if self.names is None or name in self.names:
                self.values[name] = None if self.names is None else to_array(item)
        if self.names is not None and len(self.values) == len(self.names):
            raise Found

def code_line(source):
    found = re.findall(r'File "(code/[^"\\n]*)", line (\\d+)', source)
    return ":".join(found[-1]) if found else None

def python_trace(source):
    "Frames as Python prints them. A trace notes them the innermost first, a script its one with the lines around it."
    frames = re.findall(r"^(.*)\\((\\d+)\\): (\\S+)$", source, re.MULTILINE)
    if frames:
        return "\\n".join(f'  File "{file}", line {line}, in {name}' for file, line, name in reversed(frames))
    script = source.split("Serialized")[0]
    place = re.search(r'File "[^"\\n]*", line \\d+', script)
    code = re.search(r"^(.*)\\n[^\\n]*<--- HERE", script, re.MULTILINE)
    return "\\n".join(found for found in (place and place[0], code and code[1]) if found)
`;
