"""The sweep: every architecture of the catalogue exported, converted, run in onnxruntime and TensorFlow, compared.

Runs in the tensorflow environment; hours, so a run that was stopped goes on where it was: the result of each
architecture is kept in the cache under the content of the converter and of what exports. One architecture is exported
while the one before it is measured, each in a process of its own; its files are removed before the next.
The last step writes docs/architectures.md. Not here: the catalogue and the table (architectures/).
"""

import json
import multiprocessing
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import onnxruntime

from architectures.measure import measure_all
from architectures.table import LEAST, share_equal, verdict_of, write_table
from command import MAIN
from environment import LISTS, cache_folder, fingerprint, layered
from report import FAIL, OK, note, tell
from run_context import CHECKOUT, Context, read_context

EXPORT_LIMIT_S = 1800  # four exports of the largest model, on a busy machine
MEASURE_LIMIT_S = 1800
CONFORMANCE = LISTS.parent


@dataclass(frozen=True)
class Sweep:
    """Where the sweep keeps its results and files, and what exports."""

    results: Path
    work: Path
    python: Path
    variables: dict[str, str]

    def result(self, label: str) -> Path:
        """The file of one architecture's result."""
        return self.results / f"{label}.json"


def main() -> None:
    """Goes through the catalogue, then writes the table."""
    context = read_context()
    onnxruntime.set_default_logger_severity(4)
    sweep = prepared(context)
    labels = catalogue(sweep)
    for label, result in outcomes(sweep, labels):
        tell_result(label, result)
    results = {label: json.loads(sweep.result(label).read_text()) for label in labels}
    for library, least in LEAST.items():
        share = share_equal(results, library)
        tell(OK if share >= least else FAIL, f"{library}: share of equal architectures", f"{share:.1%}, want {least:.0%}")
    write_table(results, CHECKOUT / "docs" / "architectures.md", labels)


def prepared(context: Context) -> Sweep:
    """Sets up the environment and names the folder of results after all that decides them."""
    python, variables = layered("architectures", "torch")
    makers = [*sorted(MAIN.parent.glob("*.js")), *sorted((CONFORMANCE / "architectures").glob("*.py"))]
    makers += [LISTS / f"{name}.txt" for name in ("architectures", "torch", "tensorflow")]
    results = cache_folder() / "architectures" / fingerprint(*(maker.read_bytes() for maker in makers))
    alone = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}  # threads that wait for each other spin, beside a measurement
    return Sweep(results, context.work / "architectures", python, {**variables, **alone})


def catalogue(sweep: Sweep) -> list[str]:
    """The labels of all architectures."""
    command = [sweep.python, "-m", "architectures.catalogue"]
    done = subprocess.run(command, env=sweep.variables, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


def outcomes(sweep: Sweep, labels: list[str]) -> Iterator[tuple[str, dict]]:
    """Each result, those of an earlier run first; the next architecture is exported while this one is measured."""
    missing = [label for label in labels if not sweep.result(label).exists()]
    for label in labels:
        if label not in missing:
            yield label, json.loads(sweep.result(label).read_text())
    with ThreadPoolExecutor(1) as exporter:
        upcoming = [exporter.submit(export, sweep, label) for label in missing[:1]]
        for place, label in enumerate(missing):
            reason = upcoming.pop().result()
            upcoming = [exporter.submit(export, sweep, later) for later in missing[place + 1 : place + 2]]
            yield label, finish(sweep, label, reason)


def export(sweep: Sweep, label: str) -> str:
    """Fills the architecture's folder; returns why it could not, or nothing."""
    folder = sweep.work / label
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [sweep.python, "-m", "architectures.export_one", label, folder]
    try:
        done = subprocess.run(
            command, env=sweep.variables, stderr=subprocess.PIPE, text=True, timeout=EXPORT_LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return f"not exported after {EXPORT_LIMIT_S} s"
    if (folder / "facts.json").exists():
        return ""
    return (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]


def finish(sweep: Sweep, label: str, reason: str) -> dict:
    """Measures an exported architecture in a process of its own, keeps the result and removes the files."""
    folder, kept = sweep.work / label, sweep.result(label)
    kept.parent.mkdir(parents=True, exist_ok=True)
    if not reason:
        child = multiprocessing.get_context("fork").Process(target=measure_into, args=(folder, kept))
        child.start()
        child.join(MEASURE_LIMIT_S)
        if child.is_alive():
            child.kill()
            reason = f"not measured after {MEASURE_LIMIT_S} s"
        elif child.exitcode:
            reason = f"measuring ended with {child.exitcode}"
    shutil.rmtree(folder, ignore_errors=True)
    if reason:
        store(kept, {"parameters": 0, "files": {"model": {"verdict": "broken", "reason": reason}}})
    return json.loads(kept.read_text())


def measure_into(folder: Path, kept: Path) -> None:
    """What the measuring process does. TensorFlow is imported here by its parent, but has run nothing in it."""
    store(kept, measure_all(folder))


def store(file: Path, result: dict) -> None:
    """Writes a result at once, so that a stopped run leaves none that is half."""
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(result, indent=1))
    draft.rename(file)


def tell_result(label: str, result: dict) -> None:
    """One line an architecture; a refusal is told and counted by the library's share, a wrong number is a failure."""
    verdict = verdict_of(result)
    reasons = [f"{kind}: {file['reason']}" for kind, file in result["files"].items() if file.get("reason")]
    if verdict == "equal":
        errors = [file["onnxruntime"] for file in result["files"].values() if file["verdict"] == "equal"]
        tell(OK, label, f"{max(errors):.1e}  {' '.join(reasons)}")
    elif verdict in ("wrong", "broken"):
        tell(FAIL, label, " ".join(reasons))
    else:
        note(f"{verdict}  {label}: {' '.join(reasons)}"[:1000])


main()
