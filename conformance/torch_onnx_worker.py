"""Exports .pt2 files with torch.onnx, one after the other, telling of each whether there is a model.

Usage: python -m torch_onnx_worker RESULTS FOLDER CASE..., where CASE holds a model.pt2; writes FOLDER/NAME.onnx and lines
`[name, reason]`, with an empty reason for a model that was written. It may die at any model; stages/beside_torch_onnx.py
goes on with the next one.
"""

import io
import json
import logging
import signal
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import torch

EXPORT_TIMEOUT_S = 120  # hundred times what the slowest takes


def main() -> None:
    """All cases."""
    results, folder, *cases = sys.argv[1:]
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError(f"longer than {EXPORT_TIMEOUT_S} s")))
    with open(results, "a") as told:
        for case in map(Path, cases):
            print(json.dumps([case.name, export(case, Path(folder))]), file=told, flush=True)


def export(case: Path, folder: Path) -> str:
    """Why there is no model; empty if there is one."""
    signal.alarm(EXPORT_TIMEOUT_S)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            program = torch.export.load(case / "model.pt2")
            torch.onnx.export(program, (), folder / f"{case.name}.onnx", dynamo=True)
    except Exception as error:  # the exporter has a kind for each of its steps
        return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    finally:
        signal.alarm(0)
    return ""


main()
