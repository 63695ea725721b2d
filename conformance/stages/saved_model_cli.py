"""saved_model_cli on our directories, and our `show` and `run` beside it: the same text, the same numbers.

Runs in the tensorflow environment. Text is compared byte for byte, except the line of operators, which Python prints
in random order, and float results, whose last digits may differ between TensorFlow and onnxruntime.
"""

import re
from pathlib import Path

import numpy as np

from command import torchferry
from equal import largest_error
from forked_cli import saved_model_cli
from report import check, require
from run_context import Context, Model, converted, exported_models, read_context, read_model

OPS_LINE = re.compile(r"^(The MetaGraph with tag set .* contains the following ops: )\{(.*)\}$", re.MULTILINE)
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]\d+)?")


def main() -> None:
    """show of every model, run of the 64 images, and the texts of exact runs."""
    context = read_context()
    for model in exported_models(context):
        compare_show(f"{model.name}.pt2", converted(context, f"{model.name}.pt2"), model.facts["signatures"][-1])
    for kind in ("pt2", "onnx"):
        run_many(context, read_model(context.models / "resnet18"), kind)
    compare_runs(context)
    compare_refusals(converted(context, "plus_one.pt2"))


def compare_show(name: str, version: Path, signature: str) -> None:
    """The four forms of show."""
    forms = {
        "show": (),
        "show --tag_set": ("--tag_set", "serve"),
        "show --signature_def": ("--tag_set", "serve", "--signature_def", signature),
        "show --all": ("--all",),
    }
    for form, options in forms.items():
        with check(f"{name}: {form}, the text of saved_model_cli") as figure:
            theirs = saved_model_cli("show", "--dir", version, *options)
            require(theirs.code == 0, f"saved_model_cli failed: {theirs.last_words}")
            ours = torchferry("show", "--dir", version, *options)
            require(ours.code == 0, f"torchferry failed: {ours.stderr[-400:]}")
            same_text(with_sorted_ops(ours.stdout), with_sorted_ops(theirs.stdout))
            figure(f"{len(theirs.stdout.splitlines())} lines")


def run_many(context: Context, model: Model, kind: str) -> None:
    """saved_model_cli run and torchferry run with the .npy of shape (64, 3, 224, 224)."""
    version = converted(context, f"{model.name}.{kind}")
    call = ("run", "--dir", version, "--tag_set", "serve", "--signature_def", "predict_images")
    call += ("--inputs", f"input_img={model.folder / 'images.npy'}", "--outdir")
    want = np.load(model.folder / "confidences.npy")
    texts = {}
    for tool, run in (("saved_model_cli", saved_model_cli), ("torchferry", torchferry)):
        with check(f"{model.name}.{kind}: {tool} run, images of shape (64, 3, 224, 224)") as figure:
            folder = context.work / f"{tool}-{kind}"
            outcome = run(*call, folder)
            require(outcome.code == 0, f"exit code {outcome.code}: {outcome.last_words}")
            texts[tool] = outcome.stdout.replace(str(folder), "OUT")
            figure(f"{largest_error([np.load(folder / 'confidences.npy')], [want]):.1e}")
    with check(f"{model.name}.{kind}: the printed result, number by number") as figure:
        ours, theirs = texts["torchferry"], texts["saved_model_cli"]
        same_text(NUMBER.sub("#", squeezed(ours)), NUMBER.sub("#", squeezed(theirs)))
        numbers = [np.array([float(n) for n in NUMBER.findall(text)]) for text in (ours, theirs)]
        error = np.abs(numbers[0] - numbers[1]).max() / np.abs(numbers[1]).max()
        require(error < 1e-4, f"the printed numbers differ by {error:.1e}")
        figure(f"{len(numbers[0])} numbers, {error:.1e}")


def compare_runs(context: Context) -> None:
    """Runs whose results are exact in both engines: the whole text has to be the same."""
    version = converted(context, "plus_one.pt2")
    folder = context.work / "arrays"
    folder.mkdir(exist_ok=True)
    rng = np.random.RandomState(0)
    arrays = {
        "float64": np.arange(6.0).reshape(2, 3),
        "float32": np.array([[0.25, -3, 1e6]], np.float32),
        "int64": np.arange(9).reshape(3, 3),
        "special": np.array([[np.nan, np.inf, -np.inf]]),
        "tiny": np.array([[2.0**-30, 1.0, 4.0]]),
        "huge": np.array([[2.0**60, 0.5, -8.0]]),
        "long": rng.randint(-64, 64, (2000, 3)).astype(np.float32) / 8,
        "empty": np.zeros((0, 3), np.float32),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    np.savez(folder / "several.npz", a=arrays["float32"], b=arrays["float64"])
    inputs = {name: ("--inputs", f"x={folder / name}.npy") for name in arrays}
    inputs[".npz with a name"] = ("--inputs", f"x={folder / 'several.npz'}[b]")
    inputs["--input_exprs"] = ("--input_exprs", "x=[[1.0, 2.0, 3.5], [-1.0, 0.0, 8.0]]")
    for name, options in inputs.items():
        compare_run(f"run, {name}", version, options)
    compare_run("run, --outdir", version, inputs["float32"], context.work / "out")


def compare_run(name: str, version: Path, options: tuple[str, ...], out: Path | None = None) -> None:
    """One run in both tools, byte for byte; with `out` also the saved files, which must not be overwritten unasked."""
    with check(f"plus_one.pt2: {name}, the text of saved_model_cli"):
        call = ("run", "--dir", version, "--tag_set", "serve", "--signature_def", "serving_default", *options)
        texts, saved = [], []
        for tool, run in (("ours", torchferry), ("theirs", saved_model_cli)):
            folder = Path(f"{out}-{tool}")
            outcome = run(*call, *(("--outdir", folder) if out else ()))
            require(outcome.code == 0, f"{tool}: exit code {outcome.code}: {outcome.last_words}")
            texts.append(outcome.stdout.replace(str(folder), "OUT"))
            saved.append((folder / "output_0.npy").read_bytes() if out else b"")
        same_text(*texts)
        require(saved[0] == saved[1], "the saved .npy files have other bytes")


def compare_refusals(version: Path) -> None:
    """What both refuse: exit codes are not zero, and our sentence holds what theirs says."""
    known = ("run", "--dir", version, "--tag_set", "serve", "--signature_def", "serving_default")
    calls = {
        "unknown tag set": (("show", "--dir", version, "--tag_set", "nope"), "tag-set nope could not be found"),
        "unknown signature": (
            (*known[:-1], "nope", "--input_exprs", "x=[[1.0]]"),
            'Could not find signature "nope"',
        ),
        "unknown input": ((*known, "--input_exprs", "q=[[1.0]]"), '"q" is not a valid input key'),
        "no inputs": (known, "At least one of --inputs, --input_exprs or --input_examples must be required"),
    }
    for name, (call, words) in calls.items():
        with check(f"refused as saved_model_cli does: {name}") as figure:
            theirs, ours = saved_model_cli(*call), torchferry(*call)
            require(theirs.code and words in theirs.stderr, f"saved_model_cli says {theirs.last_words}")
            require(ours.code in (2, 3), f"exit code {ours.code}: {ours.stdout}")
            require(words in ours.stderr, f"torchferry says {ours.stderr}")
            figure(f"exit code {ours.code}")


def with_sorted_ops(text: str) -> str:
    """The text with the set of operators in alphabetical order."""
    return OPS_LINE.sub(lambda found: found[1] + ", ".join(sorted(found[2].split(", "))), text)


def squeezed(text: str) -> str:
    """Every run of blanks as one: the width of a column follows from its numbers' last digits."""
    return re.sub(r"\s+", " ", text)


def same_text(got: str, want: str) -> None:
    """Requires equal texts; tells the first line that differs."""
    if got == want:
        return
    for number, (ours, theirs) in enumerate(zip(got.splitlines(), want.splitlines()), 1):
        require(ours == theirs, f"line {number} is {ours[:300]!r}, saved_model_cli prints {theirs[:300]!r}")
    require(
        False,
        f"{len(got.splitlines())} lines, saved_model_cli prints {len(want.splitlines())}, or line ends differ",
    )


main()
