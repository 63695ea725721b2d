"""The proof in real PyTorch, real TensorFlow and real clients: `npm run conformance [-- OPTIONS]`.

Runs in any Python 3.11 or later without packages: it sets up the environments (environment.py), exports the models
(exports.py), then runs each stage as a process of its own and counts the lines `ok` and `FAIL` that it prints.
The last line is `N passed, N failed`; the exit code is not zero when a check failed or a stage broke off.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from environment import cache_folder, python_variables, ready_python
from exported import exported
from run_context import CHECKOUT
from server_process import SERVE_FLAGS


@dataclass(frozen=True)
class Stage:
    """A module of stages/, the environment it runs in, and variables it needs."""

    name: str
    module: str
    environment: str | None = None  # None: this Python
    variables: dict[str, str] = field(default_factory=dict)
    only_with: tuple[str, ...] = ()  # left out unless one of these options is given
    alone: bool = False  # converts what it needs itself
    serve: str = ""  # flags of every server that it starts


STAGES = (
    Stage("conversion", "conversion"),
    Stage("onnxruntime", "in_onnxruntime", "tensorflow"),
    Stage("tensorflow", "in_tensorflow", "tensorflow"),
    Stage("tensorflow-plain", "in_tensorflow", "tensorflow", {"TF_ENABLE_ONEDNN_OPTS": "0"}),
    Stage("loaders", "other_loaders", "tensorflow"),
    Stage("forms", "forms", "tensorflow", alone=True),
    Stage("graph", "tensorflow_graph", "tensorflow"),
    Stage("saved_model_cli", "saved_model_cli", "tensorflow"),
    Stage("serving", "serving", "tensorflow"),
    Stage("configuration", "serving_configuration", "tensorflow"),
    Stage("grpc", "grpc_services", "grpc"),
    Stage("open-inference", "open_inference", "triton"),
    Stage("batching", "batching", "tensorflow"),
    Stage("engine-tensorflow", "engine_tensorflow", "tensorflow"),
    Stage("model-server-cases", "model_server_cases", "tensorflow", alone=True),
    Stage("load", "serving_under_load", "tensorflow"),
    Stage("switches", "switches", "tensorflow", alone=True),
    Stage("workers", "workers", "tensorflow", alone=True),
    Stage("cases-workers", "model_server_cases", "tensorflow", only_with=("full",), alone=True, serve="--workers 2"),
    Stage("switches-workers", "switches", "tensorflow", only_with=("full",), alone=True, serve="--workers 2"),
    Stage("operations", "serving_operations", "tensorflow", alone=True),
    Stage("memory", "serving_memory", alone=True),
    Stage("verify", "verify_and_export", "torch", alone=True),
    Stage("control-flow", "control_flow", "torch", alone=True),
    Stage("models", "models", "torch", alone=True),
    Stage("bad-input", "bad_input"),
    Stage("fixed-batch", "fixed_batch", "tensorflow", alone=True),
    Stage("operators", "operators", "tensorflow", alone=True),
    Stage("onnx-tests", "onnx_tests", "tensorflow", alone=True),
    Stage("layout", "layout_and_names", "tensorflow", only_with=("corpus",), alone=True),
    Stage("beside-torch-onnx", "beside_torch_onnx", "torch", only_with=("corpus",), alone=True),
    Stage("survey", "survey", "tensorflow", only_with=("corpus", "full"), alone=True),
    Stage("architectures", "architectures", "tensorflow", only_with=("full",), alone=True),
)


@dataclass
class Tally:
    """What came of one stage."""

    name: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0


def main() -> int:
    """Runs the stages asked for; returns the exit code."""
    options = read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # by an exception, so that work is removed
    models = exported(more=options.full)
    cache_folder().joinpath("work").mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=cache_folder() / "work"))
    try:
        tallies = [run_stage(stage, options, models, work) for stage in wanted(options)]
    finally:
        if options.keep:
            print(f"kept: {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    return summarize(tallies)


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="npm run conformance --", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--full", action="store_true", help="also what is too long for CI: more models, more kills"
    )
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="also survey a folder of recorded models")
    names = [stage.name for stage in STAGES]
    parser.add_argument(
        "--only", action="append", choices=names, help="this stage (and conversion, which others need)"
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the work folder, with conversions and server logs"
    )
    options = parser.parse_args()
    options.corpus = options.corpus and options.corpus.resolve()
    return options


def wanted(options: argparse.Namespace) -> list[Stage]:
    """The stages to run: conversion comes first, since most read what it wrote."""
    possible = [s for s in STAGES if not s.only_with or any(getattr(options, name) for name in s.only_with)]
    if not options.only:
        return possible
    needs_conversion = any(stage.name in options.only and not stage.alone for stage in STAGES)
    return [s for s in possible if s.name in options.only or (s.name == "conversion" and needs_conversion)]


def run_stage(stage: Stage, options: argparse.Namespace, models: Path, work: Path) -> Tally:
    """Runs one stage, passing on what it prints."""
    python = ready_python(stage.environment) if stage.environment else sys.executable
    folder = work / stage.name if stage.serve else work  # a module's second stage would find the first one's files
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    command = [python, "-m", f"stages.{stage.module}", "--models", models, "--work", folder]
    command += ["--full"] * options.full + (["--corpus", options.corpus] if options.corpus else [])
    print(f"\n{stage.name}", flush=True)
    tally, started, log = Tally(stage.name), time.monotonic(), work / f"{stage.name}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command,
            env={**python_variables(), **stage.variables, SERVE_FLAGS: stage.serve},
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            for line in process.stdout or ():
                print(f"  {line}", end="", flush=True)
                tally.passed += line.startswith("ok ")
                tally.failed += line.startswith("FAIL ")
        except BaseException:  # the run is being ended: so is its stage
            process.kill()
            raise
    if process.wait() or tally.passed + tally.failed == 0:
        print(f"  FAIL  the stage broke off with {process.returncode}:\n{log.read_text(errors='replace')[-3000:]}")
        tally.failed += 1
    tally.seconds = time.monotonic() - started
    return tally


def summarize(tallies: list[Tally]) -> int:
    """Prints the table and the last line; returns the exit code."""
    print(f"\n{'stage':<18}{'passed':>8}{'failed':>8}{'seconds':>9}")
    for tally in tallies:
        print(f"{tally.name:<18}{tally.passed:>8}{tally.failed:>8}{tally.seconds:>9.0f}")
    passed, failed = (sum(getattr(tally, side) for tally in tallies) for side in ("passed", "failed"))
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
