"""Converts every exported file with the command line; directory layout, names, sizes, and the same bytes twice.

Runs in the system's Python. The conversions stay in the work folder for the other stages.
"""

import filecmp
import time
from pathlib import Path

from command import convert
from report import check, require
from run_context import Context, Model, converted, exported_models, read_context

LAYOUT = ["model.onnx", "saved_model.pb", "variables/variables.data-00000-of-00001", "variables/variables.index"]
COMPACT_LIMIT = 1.1  # of the source file; also for a transformer without --compact


def main() -> None:
    """Converts all of them."""
    context = read_context()
    for model in exported_models(context):
        for name, file in model.files():
            convert_one(context, model, name, file)
        check_compact(context, model)
    check_version_numbers(context)


def convert_one(context: Context, model: Model, name: str, file: Path) -> None:
    """One file: the conversion itself, what it tells, its layout and size, and a second time for the bytes."""
    version = converted(context, name)
    with check(f"{name}: convert") as figure:
        started = time.monotonic()
        told = convert(file, version.parent, *model.facts["options"])
        figure(f"{time.monotonic() - started:.2f} s")
    if not version.exists():
        return
    with check(f"{name}: names, dtypes and shapes that --json tells") as figure:
        figure(check_told(model, told))
    with check(f"{name}: files of the version directory"):
        found = sorted(str(p.relative_to(version)) for p in version.rglob("*") if p.is_file())
        require(found == LAYOUT, f"found {found}, want {LAYOUT}")
    if limit := model.facts.get("size_limit"):
        with check(f"{name}: size on disk") as figure:
            figure(check_size(version, model, file, limit))
    with check(f"{name}: the same bytes again"):
        again = context.work / "again" / name
        convert(file, again, *model.facts["options"])
        require(same_files(version, again / "1"), "a second conversion wrote other bytes")


def check_told(model: Model, told: dict) -> str:
    """Inputs and outputs as the user reads them: the free batch is -1."""
    names = [[spec["name"] for spec in told[side]] for side in ("inputs", "outputs")]
    want = [model.facts["inputs"], model.facts["outputs"]]
    require(names == want, f"told {names}, want {want}")
    shapes = [spec["shape"] for spec in (*told["inputs"], *told["outputs"])]
    require(all(shape and shape[0] == -1 for shape in shapes), f"the batch is not free everywhere: {shapes}")
    return " ".join(
        f"{spec['name']} {spec['dtype']} {tuple(spec['shape'])}" for spec in (*told["inputs"], *told["outputs"])
    )


def check_size(version: Path, model: Model, file: Path, limit: float) -> str:
    """The directory's bytes as a multiple of the source's."""
    ratio = bytes_in(version) / source_bytes(file)
    require(ratio <= limit, f"{ratio:.2f} times the source, at most {limit} is allowed")
    return f"{ratio:.2f} times the source, at most {limit}"


def check_compact(context: Context, model: Model) -> None:
    """--compact stores each weight once; the result is read by the TensorFlow and onnxruntime stages too."""
    if "size_limit" not in model.facts:
        return
    file = model.folder / model.facts["files"]["pt2"]
    version = converted(context, f"{model.name}.compact")
    with check(f"{model.name}.compact: convert --compact, size on disk") as figure:
        convert(file, version.parent, "--compact", *model.facts["options"])
        figure(check_size(version, model, file, COMPACT_LIMIT))


def check_version_numbers(context: Context) -> None:
    """Without --version the next free number is taken; with it, that one; an existing one is left alone."""
    file = context.models / "plus_one" / "model.pt2"
    base = context.work / "numbers"
    with check("version numbers: the next free one, and the one asked for"):
        for options in ((), (), ("--version", "7"), ()):
            convert(file, base, *options)
        found = sorted(int(p.name) for p in base.iterdir())
        require(found == [1, 2, 7, 8], f"found {found}, want [1, 2, 7, 8]")


def same_files(left: Path, right: Path) -> bool:
    """Whether two directories hold the same files with the same bytes."""
    names = [sorted(str(p.relative_to(d)) for p in d.rglob("*") if p.is_file()) for d in (left, right)]
    return names[0] == names[1] and all(filecmp.cmp(left / n, right / n, shallow=False) for n in names[0])


def bytes_in(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def source_bytes(file: Path) -> int:
    """Bytes of a model file, with its weights file when it has one."""
    weights = file.with_name(file.name + ".data")
    return file.stat().st_size + (weights.stat().st_size if weights.exists() else 0)


if __name__ == "__main__":
    main()
