"""ONNX's own tests through our SavedModel in TensorFlow, with oneDNN's kernels and without: equal, refused, wrong.

Runs in the tensorflow environment. The node tests in a share that a rule fixes, and all that were wrong once
(once-wrong.txt); all of them with --full, which also writes docs/onnx-tests.md. The models of the package always.
A refusal must stand in known-refused.txt with its reason, and what stands there must be refused.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import onnx

from exported import onnx_cases
from many_models import BEYOND, KERNELS, VERDICTS, Job, Verdict, counts, judged
from report import check, note, require
from run_context import CHECKOUT, Context, read_context
from tables import table

CONFORMANCE = CHECKOUT / "conformance"
PAGE = CHECKOUT / "docs" / "onnx-tests.md"
SHARE = 8  # one node test in so many, by its name: a minute
MODEL_GROUPS = ("simple", "pytorch-converted", "pytorch-operator", "light")
LEAST_NODE_TESTS = 1600  # equal of all
LEAST_MODELS = 0.95  # equal of the models of all groups together

Verdicts = dict[str, dict[str, Verdict]]


def main() -> None:
    """Node tests, models, and the lists that go with them."""
    context = read_context()
    folder = onnx_cases()
    every = [f"{group.name}/{case.name}" for group in sorted(folder.glob("*/")) for case in sorted(group.iterdir())]
    names = [name for name in every if context.full or chosen(name)]
    verdicts = judged([job_of(folder, name) for name in names], context.work / "onnx-tests")
    for kernels, found in verdicts.items():
        for group in ("node", *MODEL_GROUPS):
            tell_group(context, group, kernels, of_group(found, group), sum(n.startswith(f"{group}/") for n in every))
        tell_models(kernels, found)
        tell_wrong(kernels, found)
    tell_refused(every, next(iter(verdicts.values())))
    if context.full:
        PAGE.write_text(page(folder, verdicts))


def chosen(name: str) -> bool:
    """Whether a test belongs to the share of every run."""
    return not name.startswith("node/") or crc32(name.encode()) % SHARE == 0 or name in listed("once-wrong.txt")


def listed(file: str) -> dict[str, str]:
    """A list of tests, each with the reason behind it: `NAME  REASON`."""
    lines = (CONFORMANCE / file).read_text().splitlines()
    pairs = (line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    return {name: (rest or [""])[0] for name, *rest in pairs}


def job_of(folder: Path, name: str) -> Job:
    """A test as a job."""
    return Job(name, folder / name / "model.onnx", "onnx", folder / name, {"batch": "keep"})


def of_group(found: dict[str, Verdict], group: str) -> dict[str, Verdict]:
    """The verdicts of one group."""
    return {name: verdict for name, verdict in found.items() if name.startswith(f"{group}/")}


def tell_group(context: Context, group: str, kernels: str, found: dict[str, Verdict], of: int) -> None:
    """The three columns of a group, and that enough of it is equal."""
    with check(f"{group}, {kernels}") as figure:
        tally = counts(found)
        remarks = Counter(remark for verdict in found.values() for remark in verdict.remarks)
        columns = [f"{tally[word]:5} {word}" for word in VERDICTS]
        noted = [f"({n} {remark})" for remark, n in remarks.items()]
        figure("  ".join([*columns, f"of {len(found)} run, {of} in all", *noted]))
        require(not tally["wrong"], f"{columns}")
        if group == "node" and context.full:
            require(tally["equal"] >= LEAST_NODE_TESTS, f"{columns}: {LEAST_NODE_TESTS} must be equal")


def tell_models(kernels: str, found: dict[str, Verdict]) -> None:
    """Enough of the package's models is equal."""
    models = {name: verdict for name, verdict in found.items() if not name.startswith("node/")}
    with check(f"all models, {kernels}: at least {LEAST_MODELS:.0%} equal") as figure:
        share = counts(models)["equal"] / len(models)
        figure(f"{share:.1%}")
        require(share >= LEAST_MODELS, f"{share:.1%}")


def tell_wrong(kernels: str, found: dict[str, Verdict]) -> None:
    """One line for each wrong test, and those that meet our limits but not the test's own."""
    for name, verdict in found.items():
        if verdict.word == "wrong":
            note(f"wrong    {name}, {kernels}: {verdict.text}")
    if beyond := [name for name, verdict in found.items() if BEYOND in verdict.remarks]:
        note(f"equal within our limits, {BEYOND}, {kernels}: {' '.join(beyond)}")


def tell_refused(every: list[str], found: dict[str, Verdict]) -> None:
    """Refusals and their list are the same."""
    known = listed("known-refused.txt")
    with check("known-refused.txt: every refusal is listed, every entry is refused, each with a reason") as figure:
        refused = {name for name, verdict in found.items() if verdict.word == "refused"}
        fresh = sorted(refused - known.keys())
        stale = sorted(name for name in known if name not in every or (name in found and name not in refused))
        bare = sorted(name for name, reason in known.items() if not reason)
        for name in fresh:
            note(f"refused  {name}: {found[name].text}")
        require(not fresh, f"refused and not listed: {fresh}")
        require(not stale, f"listed and not refused, take them off: {stale}")
        require(not bare, f"listed without a reason: {bare}")
        figure(f"{len(refused)} of {len(known)} looked at")


def page(folder: Path, verdicts: Verdicts) -> str:
    """docs/onnx-tests.md."""
    nodes = of_group(next(iter(verdicts.values())), "node")
    lines = [
        "# ONNX's own tests in TensorFlow",
        "",
        "Written by `npm run conformance -- --full`: each test's model is converted, run in TensorFlow and compared",
        "with the test's outputs. Refused is an error that names the reason; wrong is everything else that is not equal.",
        "",
        *table(("group", "kernels", *VERDICTS), group_rows(verdicts)),
        "",
        "## What is refused",
        "",
        *table(("tests", "reason", "which"), refusal_rows()),
        "",
        "## Node tests by operator",
        "",
        *table(("operator", *VERDICTS), operator_rows(folder, nodes)),
        "",
    ]
    return "\n".join(lines)


def group_rows(verdicts: Verdicts) -> Iterator[tuple]:
    """The three columns of each group under each set of kernels."""
    for group in ("node", *MODEL_GROUPS):
        for kernels in KERNELS:
            tally = counts(of_group(verdicts[kernels], group))
            yield group, kernels, *(tally[word] for word in VERDICTS)


def refusal_rows() -> Iterator[tuple]:
    """The refused tests by reason, the largest group first."""
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for name, reason in listed("known-refused.txt").items():
        by_reason[reason].append(f"`{name.removeprefix('node/')}`")
    for reason, names in sorted(by_reason.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        yield len(names), reason, " ".join(names)


def operator_rows(folder: Path, found: dict[str, Verdict]) -> Iterator[tuple]:
    """The three columns of each operator; a test of its function body counts for the operator."""
    by_operator: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, verdict in found.items():
        whole = folder / name.removesuffix("_expanded") / "model.onnx"
        node = onnx.load(whole if whole.exists() else folder / name / "model.onnx").graph.node[-1]
        operator = f"{node.domain}::{node.op_type}" if node.domain else node.op_type
        by_operator[operator][verdict.word] += 1
    for operator, tally in sorted(by_operator.items()):
        yield operator, *(tally[word] for word in VERDICTS)


main()
