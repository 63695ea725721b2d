"""The exported models and ONNX's own tests, kept in the cache under the content of what makes them.

Usage: python3 conformance/exported.py   exports them if needed and prints their folder.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from environment import LISTS, cache_folder, fingerprint, python_variables, ready_python

CONFORMANCE = Path(__file__).resolve().parent


def exported(more: bool) -> Path:
    """The folder of exported models, kept in the cache under the content of what makes them."""
    makers = [CONFORMANCE / "models.py", CONFORMANCE / "exports.py", LISTS / "torch.txt"]
    folder = cache_folder() / "exports" / fingerprint(*(maker.read_bytes() for maker in makers))
    export(folder)
    if more:
        export(folder.with_name(folder.name + "-more"), "--more")
    return folder


def onnx_cases() -> Path:
    """The folder of ONNX's own tests."""
    makers = [CONFORMANCE / "onnx_cases.py", LISTS / "torch.txt"]
    folder = cache_folder() / "onnx-cases" / fingerprint(*(maker.read_bytes() for maker in makers))
    make("onnx_cases.py", folder)
    return folder


def fixed_batch_models() -> Path:
    """The folder of models that were exported with a fixed batch."""
    makers = [CONFORMANCE / "models.py", CONFORMANCE / "fixed_batch_models.py", LISTS / "torch.txt"]
    folder = cache_folder() / "fixed-batch" / fingerprint(*(maker.read_bytes() for maker in makers))
    make("fixed_batch_models.py", folder)
    return folder


def export(folder: Path, *options: str) -> None:
    """Runs exports.py unless its last step is already there."""
    make("exports.py", folder, *options)


def make(script: str, folder: Path, *options: str) -> None:
    """Runs a script of this folder that fills `folder`, in the torch environment, unless it has done so."""
    if (folder / ".complete").exists():
        return
    print(f"{script}: into {folder}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run(
        [ready_python("torch"), CONFORMANCE / script, folder, *options],
        env=python_variables(),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{script} failed:\n{done.stderr[-3000:]}")


if __name__ == "__main__":
    print(exported(more=False))
