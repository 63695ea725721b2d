"""The exported models, kept in the cache under the content of what makes them.

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


def export(folder: Path, *options: str) -> None:
    """Runs exports.py unless its last step is already there."""
    if (folder / ".complete").exists():
        return
    print(f"exporting models into {folder}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    command = [ready_python("torch"), CONFORMANCE / "exports.py", folder, *options]
    done = subprocess.run(
        command, env=python_variables(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        sys.exit(f"exports.py failed:\n{done.stderr[-3000:]}")


if __name__ == "__main__":
    print(exported(more=False))
