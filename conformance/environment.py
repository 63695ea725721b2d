"""Python environments: one virtual environment for each list of pinned packages, kept in a cache outside the checkout.

Usage: python3 conformance/environment.py NAME   sets it up if needed and prints the path of its python.

An environment's folder is named after its list's content and the Python release, so that a changed list makes a new
one. The file `.complete` is its last step: a folder without it is a set-up that broke off, and is made again.
Modules are run with `python -m`: the launchers in bin/ hold absolute paths and would not survive a moved cache.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

LISTS = Path(__file__).parent / "environments"


def cache_folder() -> Path:
    """Where environments, exports and work folders are kept."""
    if own := os.environ.get("TORCHFERRY_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "torchferry"


def fingerprint(*parts: bytes) -> str:
    """Twelve hexadecimal digits that name the given contents."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def environment_folder(name: str) -> Path:
    """The folder that belongs to environments/NAME.txt and this Python release."""
    release = f"{sys.version_info.major}.{sys.version_info.minor}".encode()
    digest = fingerprint((LISTS / f"{name}.txt").read_bytes(), release)
    return cache_folder() / "python" / f"{name}-{digest}"


def ready_python(name: str) -> Path:
    """The environment's python; sets the environment up first when it is not complete."""
    folder = environment_folder(name)
    python = folder / "bin" / "python"
    if (folder / ".complete").exists():
        return python
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second run waits here, and then finds the work done
        if not (folder / ".complete").exists():
            set_up(name, folder)
    return python


def set_up(name: str, folder: Path) -> None:
    """Makes the virtual environment and installs the list; minutes and gigabytes the first time."""
    print(f"environment {name}: installing into {folder}", file=sys.stderr, flush=True)
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install(folder / "bin" / "python", name)
    (folder / ".complete").touch()
    print(f"environment {name}: ready after {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def install(python: Path, name: str, *options: object) -> None:
    """Installs a list by the given python's pip."""
    command = [python, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--no-compile"]
    command += ["--disable-pip-version-check", "--requirement", LISTS / f"{name}.txt", *options]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def layered(name: str, below: str) -> tuple[Path, dict[str, str]]:
    """The python of the environment `below`, and the variables with which it also finds the packages of `name`."""
    python = ready_python(below)
    folder = environment_folder(name)
    if not (folder / ".complete").exists():
        print(f"environment {name}: installing into {folder}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        install(python, name, "--target", folder)
        (folder / ".complete").touch()
    variables = python_variables()
    return python, {**variables, "PYTHONPATH": os.pathsep.join([variables["PYTHONPATH"], str(folder)])}


def python_variables() -> dict[str, str]:
    """The environment of every Python we start; compiled modules go to the cache, not beside their sources."""
    cached = str(cache_folder() / "pycache")
    return {
        **os.environ,
        "PYTHONPATH": str(LISTS.parent),
        "PYTHONPYCACHEPREFIX": cached,
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


if __name__ == "__main__":
    print(ready_python(sys.argv[1]))
