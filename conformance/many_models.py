"""Many models at once: converted by one process, run in TensorFlow by another that is started again when it dies.

TensorFlow ends the process on some inputs (a kernel's own check); that is a verdict on one model and not on all.
Not here: what is equal (equal.py); which models (the stages).
"""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from environment import python_variables
from run_context import CHECKOUT

CONFORMANCE = Path(__file__).resolve().parent
KERNELS = {"oneDNN": {"TF_ENABLE_ONEDNN_OPTS": "1"}, "plain kernels": {"TF_ENABLE_ONEDNN_OPTS": "0"}}
VERDICTS = ("equal", "refused", "wrong")
REFUSED_EXITS = (3, 4)  # a file that is not taken, a model that cannot be converted
BEYOND = "beyond the test's own tolerance"  # a remark on what is equal by our limits alone
MOST_LOADED = 400  # models a process loads before a fresh one goes on: TensorFlow keeps what it loaded


@dataclass(frozen=True)
class Job:
    """One model file with examples; how they are read is said by `reader` (tensorflow_worker.py)."""

    name: str
    file: Path
    reader: str
    data: Path
    options: dict = field(default_factory=dict)  # of the library's convert
    limit: float = 1e-4  # for float32, see equal.py
    first_outputs: bool = False  # only the first outputs were recorded
    onnxruntime: bool = False  # model.onnx beside it must be equal in onnxruntime too


@dataclass(frozen=True)
class Verdict:
    """What came of one model: a word of VERDICTS, and the figure or the reason."""

    word: str
    text: str
    remarks: tuple[str, ...] = ()


def judged(jobs: Iterable[Job], work: Path) -> dict[str, dict[str, Verdict]]:
    """Converts all and runs them under each set of kernels; verdicts by kernels, then by job."""
    jobs = list(jobs)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    conversions = dict(converted_many(jobs, work))
    stopped = {name: outcome for name, outcome in conversions.items() if isinstance(outcome, Verdict)}
    runnable = [(job, conversions[job.name]) for job in jobs if job.name not in stopped]
    return {kernels: stopped | dict(run_many(runnable, work, KERNELS[kernels])) for kernels in KERNELS}


def counts(verdicts: dict[str, Verdict]) -> Counter[str]:
    """How many of each word."""
    return Counter(verdict.word for verdict in verdicts.values())


def converted_many(jobs: list[Job], work: Path) -> Iterator[tuple[str, Path | Verdict]]:
    """The version directory of each job, or why there is none. A process that ends early is started again."""
    rest = list(jobs)
    while rest:
        lines = [
            json.dumps(dict(name=j.name, file=str(j.file), output=str(base_of(j, work)), options=j.options))
            for j in rest
        ]
        node = shutil.which("node") or "node"
        command = [node, CONFORMANCE / "convert-many.mjs"]
        done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True)
        told = [json.loads(line) for line in done.stdout.splitlines()]
        for answer in told:
            yield answer["name"], conversion_of(answer)
        rest = rest[len(told) :]
        if rest:  # it died while it converted the next one
            text = f"the conversion ended the process with {done.returncode}: {done.stderr[-300:]}"
            yield rest.pop(0).name, Verdict("wrong", text)


def base_of(job: Job, work: Path) -> Path:
    """Where a job's versions are written."""
    return work / job.name.replace("/", "--")


def conversion_of(answer: dict) -> Path | Verdict:
    """One answer of convert-many.mjs."""
    if "directory" in answer:
        return Path(answer["directory"])
    text = " | ".join(dict.fromkeys(answer["problems"]))
    if answer["exit"] in REFUSED_EXITS:
        return Verdict("refused", text)
    return Verdict("wrong", f"the conversion broke off: {text}")


def run_many(
    runnable: list[tuple[Job, Path]], work: Path, variables: dict[str, str]
) -> Iterator[tuple[str, Verdict]]:
    """Runs conversions in TensorFlow, in this Python's environment."""
    lines = [json.dumps({**asdict(job), "version": version}, default=str) for job, version in runnable]
    while lines:
        told, ended = worker(lines[:MOST_LOADED], work, variables)
        yield from ((name, Verdict(*rest)) for name, *rest in told)
        if len(told) < min(len(lines), MOST_LOADED):  # it died on the next one
            yield json.loads(lines[len(told)])["name"], Verdict("wrong", f"TensorFlow ended the process: {ended}")
            told.append([])
        lines = lines[len(told) :]


def worker(lines: list[str], work: Path, variables: dict[str, str]) -> tuple[list[list], str]:
    """One process: what it told of each line it came to, and how it ended."""
    todo, results = work / "jobs.jsonl", work / "results.jsonl"
    todo.write_text("\n".join(lines))
    results.write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "tensorflow_worker", todo, results],
        cwd=CHECKOUT,
        env={**python_variables(), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    told = [json.loads(line) for line in results.read_text().splitlines()]
    return told, f"code {done.returncode}, {done.stderr[-300:]}"
