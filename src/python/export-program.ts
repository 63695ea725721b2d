// The program that exports a module of the user's own code with torch.export; see program.ts for how it is asked.
// Invariant: what goes wrong is a row of the errors table, and everything of one kind is told at once.

export const EXPORT = `
import importlib.util, inspect, re, traceback
import torch

def last_lines(error, count=6):
    return "\\n".join("".join(traceback.format_exception(error)).rstrip().splitlines()[-count:])

def import_script(script):
    "The script as a module: run as an import is, so that what stands under __main__ does not run."
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    name = os.path.splitext(os.path.basename(script))[0]
    spec = importlib.util.spec_from_file_location(name, script)
    if spec is None or spec.loader is None:
        raise Refusal("EXPORT_SCRIPT_FAILED", script=script, error="its name does not end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        raise Refusal("EXPORT_SCRIPT_FAILED", script=script, error=last_lines(error))
    return module

def candidates(script):
    def fits(value):
        own = getattr(value, "__module__", None) == script.__name__
        is_class = isinstance(value, type) and issubclass(value, torch.nn.Module)
        return isinstance(value, torch.nn.Module) or (own and (is_class or inspect.isfunction(value)))
    return [name for name, value in vars(script).items() if fits(value)]

def build(script, path, name, arguments):
    if not hasattr(script, name):
        known = ", ".join(candidates(script)) or "nothing that is a module or makes one"
        raise Refusal("EXPORT_NAME_ABSENT", script=path, name=name, candidates=known)
    found = getattr(script, name)
    if not isinstance(found, torch.nn.Module) and callable(found):
        args, kwargs = (arguments, {}) if isinstance(arguments, list) else ([], arguments)
        try:
            found = found(*args, **kwargs)
        except Exception as error:
            raise Refusal("EXPORT_SCRIPT_FAILED", script=path, error=last_lines(error))
    if not isinstance(found, torch.nn.Module):
        raise Refusal("EXPORT_NOT_A_MODULE", script=path, name=name, found=type(found).__name__)
    return found.eval()

def read_weights(file):
    try:
        if file.endswith(".safetensors"):
            from safetensors.torch import load_file
            return load_file(file)
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        held = re.search(r"GLOBAL (\\S+)", str(error))
        reason = f"it holds objects of the type {held[1]}, whose loading would run code" if held else str(error)
        raise Refusal("EXPORT_WEIGHTS_UNREADABLE", file=file, reason=reason.splitlines()[0] if reason else type(error).__name__)
    inner = state.get("state_dict") if isinstance(state, dict) else None
    state = inner if isinstance(inner, dict) else state  # as trainers save it, with more beside it
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise Refusal("EXPORT_WEIGHTS_UNREADABLE", file=file, reason="it holds no state_dict")
    prefix = "module."  # of DataParallel
    if state and all(key.startswith(prefix) for key in state):
        state = {key[len(prefix):]: value for key, value in state.items()}
    return state

def load_weights(model, name, file):
    state, own = read_weights(file), model.state_dict()
    groups = {
        "missing": sorted(own.keys() - state.keys()),
        "unexpected": sorted(state.keys() - own.keys()),
        "of another shape": [
            f"{key} {list(state[key].shape)} instead of {list(own[key].shape)}"
            for key in own.keys() & state.keys() if state[key].shape != own[key].shape
        ],
    }
    reasons = "; ".join(f"{what}: {', '.join(keys)}" for what, keys in groups.items() if keys)
    if reasons:
        raise Refusal("EXPORT_WEIGHTS_MISFIT", file=file, name=name, reasons=reasons)
    model.load_state_dict(state)

def example(spec):
    dtype, sizes = getattr(torch, spec["dtype"]), spec["sizes"]
    if dtype == torch.bool:
        return torch.ones(sizes, dtype=dtype)
    if dtype.is_floating_point or dtype.is_complex:
        return torch.randn(sizes).to(dtype)
    return torch.randint(0, 2, sizes).to(dtype)  # an index into anything

def arrange(model, path, name, inputs, dims):
    "The example's arguments and their free sizes, by forward's parameters."
    parameters = inspect.signature(model.forward).parameters
    kinds = inspect.Parameter
    rest = next((p.name for p in parameters.values() if p.kind == kinds.VAR_POSITIONAL), None)
    catches = any(p.kind == kinds.VAR_KEYWORD for p in parameters.values())
    misfits = [f"it has no parameter '{given}'" for given in inputs if given not in parameters and not rest and not catches]
    plain = [p for p in parameters.values() if p.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD)]
    misfits += [f"'{p.name}' is not given" for p in plain if p.default is p.empty and p.name not in inputs]
    if misfits:
        known = ", ".join(parameters) or "none"
        raise Refusal("EXPORT_INPUTS_MISFIT", script=path, name=name, reasons="; ".join(misfits), parameters=known)
    args, kwargs, shapes = [], {}, {}
    more = [given for given in inputs if given not in parameters]
    by_place = True
    for p in plain:
        by_place = by_place and p.name in inputs and p.kind != kinds.KEYWORD_ONLY
        if p.name in inputs:
            value, shapes[p.name] = argument(inputs[p.name], dims)
            args.append(value) if by_place else kwargs.update({p.name: value})
    pairs = [argument(inputs[given], dims) for given in more]
    if rest and more:
        args += [value for value, _ in pairs]
        shapes[rest] = tuple(shape for _, shape in pairs)
    elif more:
        kwargs.update({given: value for given, (value, _) in zip(more, pairs)})
        shapes.update({given: shape for given, (_, shape) in zip(more, pairs)})
    return tuple(args), kwargs, shapes

def argument(spec, dims):
    if "value" in spec:
        return spec["value"], None
    free = {}
    for axis, symbol in enumerate(spec["symbols"]):
        if symbol is not None:
            free[axis] = dims.setdefault(symbol, torch.export.Dim(symbol))
    return example(spec), free

def export(script, name, inputs, weights, arguments, strict, output):
    torch.manual_seed(0)
    module = import_script(script)
    model = build(module, script, name, arguments)
    if weights is not None:
        load_weights(model, name, weights)
    dims, words = {}, ""
    while True:
        args, kwargs, shapes = arrange(model, script, name, inputs, dims)
        try:
            with torch.no_grad():
                program = torch.export.export(model, args, kwargs, dynamic_shapes=shapes, strict=strict)
            torch.export.save(program, output)
            left = [symbol for symbol, dim in dims.items() if dim is free_in_bounds()]
            return {"version": torch.__version__, "bounded": left}
        except Exception as error:
            words = words or str(error).split("The error above occurred")[0].strip() or type(error).__name__
            violated = re.search(r"Constraints violated \\(([^)]*)\\)", str(error))
            names = set(violated[1].split(", ")) if violated else set()
            again = {symbol for symbol, dim in dims.items() if symbol in names and dim is not free_in_bounds()}
            if not again or free_in_bounds() is None:
                break
            dims.update({symbol: free_in_bounds() for symbol in again})
    code = "EXPORT_SIZE_FIXED" if "onstraint" in words or "specializ" in words else "EXPORT_FAILED"
    raise Refusal(code, script=script, name=name, reason="\\n".join(words.splitlines()[:20]))

def free_in_bounds():
    "A size that is free, refused if it is not, within bounds and multiples that PyTorch works out; from torch 2.6 on."
    return getattr(torch.export.Dim, "DYNAMIC", None)

serve({"export": export})
`;
