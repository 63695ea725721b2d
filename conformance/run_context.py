"""What every stage is told: where the exported models, the work folder and the command line are.

Stages are started as `python -m stages.NAME` with these options, each in the environment it needs.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Context:
    """The options of one stage."""

    models: Path  # what stages/exports.py wrote: one folder a model
    work: Path  # removed at the end; `logs` in it is for servers
    full: bool
    corpus: Path | None


@dataclass(frozen=True)
class Model:
    """One exported model: its files and what is known about it."""

    name: str
    folder: Path
    facts: dict

    def files(self) -> Iterator[tuple[str, Path]]:
        """The model's files to convert, each with the name its conversion has."""
        for kind, file in self.facts["files"].items():
            yield f"{self.name}.{kind}", self.folder / file


def read_context() -> Context:
    """Reads the options."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--corpus", type=Path)
    options = parser.parse_args()
    return Context(options.models, options.work, options.full, options.corpus)


def exported_models(context: Context) -> list[Model]:
    """The models that were exported for these stages, in the order they are listed in."""
    names = json.loads((context.models / "index.json").read_text())
    return [read_model(context.models / name) for name in names]


def read_model(folder: Path) -> Model:
    """One exported model."""
    return Model(folder.name, folder, json.loads((folder / "facts.json").read_text()))


def converted(context: Context, conversion: str) -> Path:
    """The version directory that a model file was converted to by stages/conversion.py."""
    return context.work / "converted" / conversion / "1"
