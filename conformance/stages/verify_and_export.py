"""`torchferry verify` and `torchferry export` with real PyTorch and TensorFlow, and a fault that verify has to find.

Runs in the torch environment; TensorFlow runs in its own, as a user's would.
"""

import json
import sys
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from command import Outcome, convert, torchferry
from environment import ready_python
from report import check, require
from run_context import CHECKOUT, Context, read_context

DIGITS = CHECKOUT / "examples" / "digits" / "digits.pt2"
DIFFERS = 5  # the exit code

SCRIPT = '''
import torch


class Net(torch.nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.convolution = torch.nn.Conv2d(3, 6, 3, stride=2)
        self.head = torch.nn.Linear(6, classes)

    def forward(self, image, gain):
        return self.head(torch.relu(self.convolution(image)).mean((2, 3))) * gain
'''


class Recurrent(nn.Module):
    """A model that TorchScript keeps whole."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRU(4, 8, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.cell(x)[0].softmax(-1)


def main() -> None:
    """All of it."""
    context = read_context()
    torch.manual_seed(0)
    check_equal(context)
    check_planted(context)
    check_planted_trace(context)
    check_export(context)


def verify(*arguments: object) -> tuple[Outcome, dict]:
    """Runs verify with both Pythons; its exit code and what --json tells."""
    pythons = ("--python", sys.executable, "--python", ready_python("tensorflow"))
    outcome = torchferry("verify", *arguments, "--json", *pythons)
    require(outcome.stdout, f"exit code {outcome.code}: {outcome.stderr.strip()}")
    return outcome, json.loads(outcome.stdout)


def check_equal(context: Context) -> None:
    """One model of each kind, in every engine."""
    traced = context.work / "traced.pt"
    torch.jit.trace(Recurrent().eval(), torch.randn(2, 5, 4)).save(str(traced))
    cases = {
        "verify resnet18.pt2": (context.models / "resnet18/model.pt2", "--batch-sizes", "2"),
        "verify a traced .pt": (traced, "--batch-sizes", "1,3"),
        "verify pair.onnx": (context.models / "pair/model.onnx", "--batch-sizes", "1,3"),
        "verify digits.pt2 --float16": (DIGITS, "--batch-sizes", "2", "--float16"),
    }
    for name, arguments in cases.items():
        with check(name) as figure:
            outcome, report = verify(*arguments)
            require(outcome.code == 0, f"exit code {outcome.code}: {report['rows']}")
            engines = {row["engine"] for row in report["rows"]}
            require(engines == {"ONNX", "SavedModel"}, f"ran {engines}")
            require(all(row["verdict"] == "equal" for row in report["rows"]), "a row is not equal")
            largest = max(row["relativeError"] for row in report["rows"])
            figure(f"{len(report['rows'])} outputs equal to {report['reference']}, relative error {largest:.1e}")


def check_planted(context: Context) -> None:
    """A wrong attribute in a converted model is found, to the node and the line, and reproduced alone."""
    version = context.work / "planted" / "1"
    convert(DIGITS, version.parent)
    pool = plant(version / "model.onnx")
    base = context.work / "differs"
    with check("verify finds the node with a wrong attribute") as figure:
        outcome, report = verify(DIGITS, "--dir", version, "--batch-sizes", "2", "--reproduction", base)
        require(outcome.code == DIFFERS, f"exit code {outcome.code}, want {DIFFERS}")
        parting = report["parting"]
        require(parting["kind"] == "operator", f"found {parting}")
        require(parting["nodes"] == [f"MaxPool '{pool}'"], f"found {parting['nodes']}, want {pool}")
        require("max_pool2d" in parting["operator"] and parting["line"], f"found {parting}")
        forms = {row["engine"]: row["verdict"] for row in report["rows"]}
        require(forms == {"ONNX": "differs", "SavedModel": "equal"}, f"told {forms}")
        figure(f"{parting['operator']} at {parting['line']}")
    with check("verify reproduces it from the file it wrote"):
        outcome, report = verify(f"{base}.onnx", "--with", f"{base}.npz", "--reproduction", f"{base}-again")
        require(outcome.code == DIFFERS, f"exit code {outcome.code}, want {DIFFERS}")
        require(all(row["verdict"] == "differs" for row in report["rows"]), f"told {report['rows']}")


class Pooled(nn.Module):
    """A pooling between operators of the same line, one of which writes into its argument."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 6, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.convolution(x)
        y[:, 2:4] *= 2
        for _ in range(2):
            y = torch.relu(y - 0.1).add_(0.2)
        return nn.functional.max_pool2d(y, 2).mean((2, 3))


def check_planted_trace(context: Context) -> None:
    """The same in a traced file, whose values PyTorch tells as it executes the archive's code."""
    traced, version = context.work / "pooled.pt", context.work / "pooled" / "1"
    torch.jit.trace(Pooled().eval(), torch.randn(2, 3, 9, 9)).save(str(traced))
    convert(traced, version.parent)
    pool = plant(version / "model.onnx")
    with check("verify finds the node with a wrong attribute in a traced model") as figure:
        base = context.work / "pooled-differs"
        outcome, report = verify(traced, "--dir", version, "--batch-sizes", "2", "--reproduction", base)
        require(outcome.code == DIFFERS, f"exit code {outcome.code}, want {DIFFERS}")
        parting = report["parting"]
        require(parting["kind"] == "operator" and parting["nodes"] == [f"MaxPool '{pool}'"], f"found {parting}")
        require("max_pool2d" in parting["operator"], f"found {parting}")
        require(Path(__file__).name in parting["line"], f"the line is {parting['line']}")
        figure(f"{parting['operator']} at {parting['line']}")


def plant(file: Path) -> str:
    """Lets the pooling look at other elements, its output as large as before; returns the node's name."""
    model = onnx.load(str(file), load_external_data=False)
    node = next(node for node in model.graph.node if node.op_type == "MaxPool")
    for attribute in node.attribute:
        if attribute.name == "kernel_shape":
            attribute.ints[:] = [1, 2]
    onnx.save(model, str(file))
    return node.name


def check_export(context: Context) -> None:
    """A script with a state_dict becomes a model that is equal at batch sizes that it was not exported with."""
    folder = context.work / "script"
    folder.mkdir()
    script, weights, wrong, output = (folder / name for name in ("net.py", "net.pth", "wrong.pth", "net.pt2"))
    script.write_text(SCRIPT)
    namespace: dict = {}
    exec(compile(SCRIPT, str(script), "exec"), namespace)  # the text above
    state = namespace["Net"](5).state_dict()
    torch.save(state, weights)
    torch.save({("head.scale" if key == "head.bias" else key): value for key, value in state.items()}, wrong)
    inputs = ("--input", "image=float32[batch,3,16,16]", "--input", "gain=float32[batch,1]")
    common = (f"{script}:Net", "--args", "[5]", *inputs, "--output", output, "--python", sys.executable)
    with check("export refuses a state_dict with other keys, and names them"):
        outcome = torchferry("export", *common, "--weights", wrong)
        require(outcome.code == 3 and not output.exists(), f"exit code {outcome.code}")
        require("missing: head.bias; unexpected: head.scale" in outcome.stderr, outcome.stderr)
    with check("export of a module with its state_dict is equal at batch 1, 2 and 5") as figure:
        outcome = torchferry("export", *common, "--weights", weights)
        require(outcome.code == 0, outcome.stderr)
        require(f"running the code of {script}" in outcome.stderr, "nothing was said before the code ran")
        outcome, report = verify(output, "--batch-sizes", "1,2,5")
        batches = {row["batch"] for row in report["rows"] if row["verdict"] == "equal"}
        require(outcome.code == 0 and batches == {"1", "2", "5"}, f"exit code {outcome.code}: {report['rows']}")
        figure(f"relative error {max(row['relativeError'] for row in report['rows']):.1e}")


if __name__ == "__main__":
    main()
