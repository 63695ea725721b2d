"""Control flow and state: scripted and exported models over several calls, each call's state carried to the next.

Runs in the torch environment: PyTorch, then onnxruntime; TensorFlow in its own (recorded_tensorflow.py). The voice
activity detector is the published file of a package, fetched into the cache and never run here but by PyTorch.
"""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

import exported_loops as exported
import scripted_models as scripted
from command import convert
from environment import cache_folder, python_variables, ready_python
from equal import largest_error
from report import check, require
from run_context import CHECKOUT, Context, read_context

DETECTOR = "silero-vad==6.2.3"
DETECTOR_FILE = "silero_vad/data/silero_vad.jit"


@dataclass(frozen=True)
class Case:
    """A model file, what a user says of its inputs, and calls to make one after the other."""

    name: str
    file: Path
    load: Callable[[], Callable]
    calls: Sequence[tuple]
    inputs: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


def main() -> None:
    """All models in PyTorch and onnxruntime, then in TensorFlow."""
    context = read_context()
    torch.manual_seed(0)
    folder = context.work / "control-flow"
    folder.mkdir()
    for case in [*scripted_cases(folder), *exported_cases(folder), *detector_cases()]:
        with check(f"{case.name}: onnxruntime, {len(case.calls)} calls") as figure:
            figure(f"{run(case, folder):.1e}")
    worker = CHECKOUT / "conformance" / "recorded_tensorflow.py"
    subprocess.run([ready_python("tensorflow"), worker, folder], env=python_variables(), check=True)


def run(case: Case, folder: Path) -> float:
    """Converts, runs all calls, records them for TensorFlow; the largest error."""
    told = convert(case.file, folder / case.name, *[a for text in case.inputs for a in ("--input", text)])
    states = {state["input"]: state["output"] for state in told.get("states", [])}
    require(sorted(states) == sorted(case.states), f"states {sorted(states)}, want {sorted(case.states)}")
    version = Path(told["directory"])
    session = onnxruntime.InferenceSession(version / "model.onnx")
    kept = dict(np.load(version / "assets.extra/initial_state.npz")) if states else {}
    names = [given.name for given in session.get_inputs() if given.name not in states]
    results = [given.name for given in session.get_outputs()]
    model, worst, record = case.load(), 0.0, {}
    for number, call in enumerate(case.calls):
        with torch.no_grad():
            want = flat(model(*[item.clone() if isinstance(item, Tensor) else item for item in call]))
        feeds = {**dict(zip(names, map(np.asarray, call), strict=True)), **kept}
        got = dict(zip(results, session.run(None, feeds), strict=True))
        own = [value for name, value in got.items() if name not in states.values()]
        worst = max(worst, largest_error(own, want))
        kept = {given: got[left] for given, left in states.items()}
        record |= {f"{number}/in/{name}": value for name, value in feeds.items()}
        record |= {f"{number}/out/{name}": value for name, value in got.items()}
    np.savez(folder / f"{case.name}.npz", **record)
    return worst


def flat(value: object) -> list[np.ndarray]:
    """The tensors and numbers of a result, as the converted model returns them."""
    if isinstance(value, Tensor):
        return [value.numpy()]
    if isinstance(value, bool | int | float):
        return [np.asarray(value)]
    parts = value.values() if isinstance(value, dict) else value
    return [array for part in parts for array in flat(part)]


def script(folder: Path, module: nn.Module, calls: Sequence[tuple], *inputs: str, states: tuple[str, ...] = ()) -> Case:
    """A scripted model."""
    name = type(module).__name__
    file = folder / f"{name}.pt"
    torch.jit.script(module.eval()).save(file)
    return Case(name, file, lambda: torch.jit.load(file), calls, inputs, states)


def scripted_cases(folder: Path) -> list[Case]:
    """Branches and loops on data; what is carried grows, shrinks and changes its kind."""
    r = torch.randn
    three, rows = "x=float32[batch,3]", [(r(n, 3) * k,) for n, k in ((1, 1), (3, 4), (6, 0.2), (2, -3))]
    hypotheses = [(torch.tensor(tokens), r(3), r(3, 6), r(3, 6)) for tokens in ([[0, 3], [2, 1], [0, 4]], [[0], [2], [5]])]
    beam = ("tokens=int64[3,time]", "scores=float32[3]", "h=float32[3,6]", "c=float32[3,6]")
    counted = [(r(2, 3) + k,) for k in (1, -2, 3, -1, 0)]
    return [
        script(folder, scripted.BeamStep(), hypotheses, *beam),
        script(folder, scripted.BeamSearch(), [(r(3, 6) * k,) for k in (1, 4, 9)], "h=float32[3,6]"),
        script(folder, scripted.EarlyExitLstm(), [(r(2, t, 3) * 2,) for t in (5, 2, 30)], "x=float32[batch,time,3]"),
        script(folder, scripted.GreedyDecoder(), [(r(n, 8) * n,) for n in (1, 2, 4)], "h=float32[batch,8]"),
        script(folder, scripted.FixedPoint(), [(row.abs() + 0.1,) for (row,) in rows], three),
        script(folder, scripted.Nested(), rows, three),
        script(folder, scripted.Writes(), rows, three),
        script(folder, scripted.Blocks(), [(r(n, 2) * 2,) for n in (4, 1, 7)], "x=float32[batch,2]"),
        script(folder, scripted.Optionals(), [(row, row > 0.2) for (row,) in rows], three, "mask=bool[batch,3]"),
        script(
            folder,
            scripted.StreamingConvolution(),
            [(r(2, 2, 6),) for _ in range(4)],
            "x=float32[batch,2,time]",
            states=("context",),
        ),
        script(folder, scripted.Counter(), counted, three, states=("calls", "scale", "seen", "last", "sum")),
        script(
            folder,
            scripted.Memories(),
            [(r(2, 4) * k,) for k in (1, 2, -3, 1)],
            "x=float32[batch,4]",
            states=tuple(f"layers.{i}.memory" for i in range(3)),
        ),
    ]


def exported_cases(folder: Path) -> list[Case]:
    """As torch.export writes them, and after run_decompositions."""
    r, free = torch.randn, torch.export.Dim.DYNAMIC
    rows = [(r(n, 3) * n,) for n in (4, 2, 7)]
    models: list[tuple[nn.Module, list[tuple], object, tuple[str, ...]]] = [
        (exported.NestedWhile(), rows, {"x": {0: free}}, ()),
        (exported.ScanCell(), [(r(4, 2, 3),), (r(2, 3, 3),)], {"x": {0: free, 1: free}}, ()),
        (exported.CapturedSizes(), [(r(4, 2, 3),), (r(2, 3, 3),)], {"x": {0: free, 1: free}}, ()),
        (exported.MapRows(), [(r(4, 3), r(4)), (r(2, 3), r(4))], {"x": {0: free}, "y": None}, ()),
        (exported.CachedAttention(), [(r(1, 1, 8),) for _ in range(5)], None, ("keys", "values", "place")),
    ]
    return [case for model in models for case in export(folder, *model)]


def export(folder: Path, module: nn.Module, calls: list[tuple], sizes: object, states: tuple[str, ...]) -> list[Case]:
    """The two files of a model; each case gets a module with the state of before the first call."""
    program = torch.export.export(module.eval(), calls[0], dynamic_shapes=sizes, strict=False)
    weights = {name: value.clone() for name, value in module.state_dict().items()}

    def load() -> nn.Module:
        module.load_state_dict(weights)
        return module

    cases = []
    for kind, written in (("", program), ("-core", program.run_decompositions())):
        name = f"{type(module).__name__}{kind}"
        torch.export.save(written, folder / f"{name}.pt2")
        cases.append(Case(name, folder / f"{name}.pt2", load, calls, states=states))
    return cases


def detector_cases() -> list[Case]:
    """The voice activity detector at both of its sampling rates; the second changes its batch on the way."""
    file = detector()
    kept = ("_state", "_context", "_last_sr", "_last_batch_size")

    def load(rate: int) -> Callable:
        model = torch.jit.load(file)
        model.reset_states()
        return lambda x: model(x, rate)

    def sound(batch: int, samples: int, call: int) -> tuple[Tensor]:
        wave = torch.sin(torch.arange(samples) * 0.05 * (call + 1))
        return (torch.randn(batch, samples) * 0.1 * (call + 1) + wave,)

    return [
        Case(
            f"silero-vad-{rate}",
            file,
            lambda rate=rate: load(rate),
            [sound(batch, samples, call) for call, batch in enumerate(batches)],
            (f"x=float32[batch,{samples}]", f"sr={rate}"),
            kept,
        )
        for rate, samples, batches in ((16000, 512, [1] * 8), (8000, 256, [2, 2, 3, 3, 1, 2]))
    ]


def detector() -> Path:
    """The TorchScript file, taken out of its package once."""
    folder = cache_folder() / DETECTOR
    file = folder / DETECTOR_FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input", "--dest", folder]
        subprocess.run([*command, "--disable-pip-version-check", DETECTOR], check=True, stdin=subprocess.DEVNULL)
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as package:
            package.extract(DETECTOR_FILE, folder)
    return file


main()
