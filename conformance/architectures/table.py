"""What the sweep found, as a page for docs/: one table a library, then what is refused and why."""

from collections.abc import Sequence
from pathlib import Path

# The least share of equal architectures, of those that PyTorch exports at all.
LEAST = {"torchvision": 1.0, "timm": 0.95, "transformers": 0.95}
COLUMNS = {"free": ".pt2, free", "fixed": ".pt2, batch 1", "traced": ".pt, traced", "scripted": ".pt, scripted"}

HEAD = """# Architectures

Written by `npm run conformance -- --full`: real architectures with random weights, exported by PyTorch, converted by
torchferry, run in onnxruntime and in TensorFlow, and compared with what PyTorch computed at batch 1, 2 and 5 and at one
other image size or sequence length where the file leaves it free.

Each cell of the middle columns is one file of the model: a .pt2 with a free batch, and with a free image size,
sequence length or number of frames where PyTorch lets it be; one exported from an example of batch 1, as most people
do; a .pt traced at batch 2. What is free in the converted model stands behind `equal`: `n` the batch, `s` the sizes.
`-` is what PyTorch does not export. The errors are the largest differences, divided by the output's largest value: at
most 1e-4, or 3e-4 beyond a hundred layers with weights. The error in TensorFlow is that of the most general file.

A row is as it was measured last: the sweep takes hours and went on over several commits. Weights are random, of a size
with which a wrong number shows (`conformance/architectures/settle.py`).
"""


def verdict_of(result: dict) -> str:
    """The architecture's verdict: of its files the worst; `not exported` only where PyTorch exports none of them."""
    verdicts = {file["verdict"] for file in result["files"].values()}
    return next(v for v in ("broken", "wrong", "refused", "equal", "not exported") if v in verdicts)


def share_equal(results: dict[str, dict], library: str) -> float:
    """The share of equal architectures of a library, of those that PyTorch exports."""
    verdicts = [verdict_of(result) for label, result in results.items() if label.startswith(f"{library}/")]
    exported = [verdict for verdict in verdicts if verdict != "not exported"]
    return exported.count("equal") / max(1, len(exported))


def write_table(results: dict[str, dict], page: Path, listed: Sequence[str]) -> None:
    """Writes the page; what is listed and has no result yet is named."""
    parts = [HEAD]
    for library in LEAST:
        own = {label.partition("/")[2]: r for label, r in results.items() if label.startswith(f"{library}/")}
        ahead = [label for label in listed if label.startswith(f"{library}/") and label not in results]
        parts += [f"## {library}\n", summary(own), table(own), reasons(own), not_yet(ahead)]
    page.write_text("\n".join(part for part in parts if part))


def not_yet(labels: list[str]) -> str:
    """The architectures that the sweep has not come to."""
    names = ", ".join(label.partition("/")[2] for label in labels)
    return f"In the catalogue, not measured for this page ({len(labels)}): {names}.\n" if labels else ""


def summary(results: dict[str, dict]) -> str:
    """How many architectures and how many of their files have which verdict."""
    verdicts = [verdict_of(result) for result in results.values()]
    files = [file["verdict"] for result in results.values() for file in result["files"].values()]
    return f"{len(results)} architectures: {counted(verdicts)}. Their {len(files)} files: {counted(files)}.\n"


def counted(verdicts: list[str]) -> str:
    """`3 equal, 1 refused`."""
    order = ("equal", "refused", "wrong", "broken", "not exported")
    return ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in order if verdict in verdicts)


def table(results: dict[str, dict]) -> str:
    """One row an architecture."""
    kinds = [kind for kind in COLUMNS if any(kind in result["files"] for result in results.values())]
    heads = ["model", "parameters", *(COLUMNS[kind] for kind in kinds), "onnxruntime", "TensorFlow", "seconds"]
    rows = [heads, ["---"] * 2 + [":-:"] * len(kinds) + ["--:"] * 3]
    for name, result in results.items():
        cells = [cell(result["files"].get(kind)) for kind in kinds]
        figures = [largest(result, "onnxruntime"), largest(result, "tensorflow"), seconds(result)]
        rows.append([name, f"{result['parameters']:,}", *cells, *figures])
    widths = [max(len(row[column]) for row in rows[2:] + rows[:1]) for column in range(len(heads))]
    lines = [[text.ljust(width) for text, width in zip(row, widths)] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell(file: dict | None) -> str:
    """One file's verdict and what is free in it."""
    if file is None or file["verdict"] == "not exported":
        return "-"
    free = ("n" if file.get("batch_free") else "") + ("s" if file.get("sizes_free") else "")
    return f"{file['verdict']} {free}".strip()


def largest(result: dict, engine: str) -> str:
    """The largest error of all files in one engine."""
    errors = [file[engine] for file in result["files"].values() if file.get(engine) is not None]
    return f"{max(errors):.0e}" if errors else "-"


def seconds(result: dict) -> str:
    """How long converting and comparing its files took."""
    return f"{sum(file.get('seconds', 0) for file in result['files'].values()):.0f}"


def reasons(results: dict[str, dict]) -> str:
    """Why files are missing or refused, the same reason once."""
    lines: dict[str, list[str]] = {}
    for name, result in results.items():
        for kind, file in result["files"].items():
            if file.get("reason"):
                reason = f"{file['verdict']}: {told(file['reason'])}"
                lines.setdefault(reason, []).append(f"{name} ({COLUMNS.get(kind, kind)})")
    listed = "".join(f"- {', '.join(names)}: {reason}\n" for reason, names in lines.items())
    return f"\nWhat is refused or not exported, and why:\n\n{listed}" if listed else ""


def told(reason: str) -> str:
    """A reason without the folders of the machine that found it."""
    words = reason.removeprefix("torchferry: ").split(" ")
    return " ".join(word.rsplit("/", 1)[-1] if word.startswith(("/", '"/')) else word for word in words)
