"""The TensorFlow graphs of the recorded networks: how many transposes each has and why, and whether nodes carry the
PyTorch module they come from, so that a profile of TensorFlow reads like the model.

Runs in the tensorflow environment with --corpus. A transpose stands where NCHW comes in, at each output that is an
image or a row of samples, and where the model's own source moves channels among pixels. Not here: numbers (survey.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from many_models import Job, converted_many
from report import check, require
from run_context import read_context

PRODUCTS = {"Conv2D", "DepthwiseConv2dNative", "Conv3D", "MatMul", "BatchMatMulV2"}
WEIGHTS_THROUGH = {"Cast", "ExpandDims", "Identity", "Reshape", "Transpose"}
PLUMBING = {"Const", "VarHandleOp", "ReadVariableOp", "AssignVariableOp", "RestoreV2", "NoOp", "Placeholder"}
KINDS = ("pt2", "pt", "onnx")


@dataclass(frozen=True)
class Expected:
    """The transposes of one network by their reason."""

    entry: int = 1
    outputs: int = 0
    source: int = 0
    why: str = ""  # what the source does that no layout absorbs


CONVOLUTIONAL = {
    "conv3d": Expected(),
    "mobilenet_v3_small": Expected(),
    "multi_io": Expected(),
    "odd_pads": Expected(outputs=2),
    "shufflenet_v2_x0_5": Expected(source=16, why="channels are shuffled"),
    "test_byobnet": Expected(),
    "test_convnext": Expected(),
    "test_convnext2": Expected(),
    "test_efficientnet": Expected(),
    "test_efficientnet_evos": Expected(source=9, why="deviations of groups, from reshapes of channels with pixels"),
    "test_efficientnet_gn": Expected(),
    "test_efficientnet_ln": Expected(),
    "test_mambaout": Expected(),
    "test_nfnet": Expected(),
    "test_resnet": Expected(),
    "unet": Expected(outputs=1),
    "wav_conv1d": Expected(entry=0, outputs=1, why="one channel comes in, which is a reshape"),
}


def main() -> None:
    """All recorded networks; the convolutional ones have numbers to meet."""
    context = read_context()
    require(context.corpus, "--corpus is wanted")
    zoo = context.corpus / "zoo"
    files = [file for case in sorted(zoo.iterdir()) for kind in KINDS for file in case.glob(f"model.{kind}")]
    jobs = [Job(f"{file.parent.name}.{file.suffix[1:]}", file, "npz", file.parent) for file in files]
    for name, version in converted_many(jobs, context.work / "layout"):
        network, _, kind = name.rpartition(".")
        if not isinstance(version, Path):
            with check(f"{name}: converted"):
                require(False, version.text)
            continue
        graph = graph_of(version)
        if network in CONVOLUTIONAL:
            check_transposes(name, graph, CONVOLUTIONAL[network])
        if kind != "onnx":  # torch.onnx folds modules into each other, and names weights as it likes
            check_names(name, graph)


def graph_of(version: Path) -> GraphDef:
    """The graph of a version directory."""
    return SavedModel.FromString((version / "saved_model.pb").read_bytes()).meta_graphs[0].graph_def


def check_transposes(name: str, graph: GraphDef, expected: Expected) -> None:
    """As many transposes as there are reasons for them."""
    with check(f"{name}: transposes") as figure:
        found = [node.name for node in every_node(graph) if node.op == "Transpose"]
        columns = f"{expected.entry} entry  {expected.outputs} outputs  {expected.source} source"
        want = expected.entry + expected.outputs + expected.source
        require(len(found) == want, f"{len(found)}, want {want} ({columns}): {found}")
        figure(f"{len(found)}  {columns}  {expected.why}")


def every_node(graph: GraphDef) -> Iterator[NodeDef]:
    """Nodes of the graph and of its functions."""
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def check_names(name: str, graph: GraphDef) -> None:
    """A product stands under the module whose weight it multiplies by: q_proj/MatMul by q_proj/weight."""
    with check(f"{name}: products stand under the modules of their weights") as figure:
        nodes = {node.name: node for node in graph.node}
        named, elsewhere = 0, []
        for node in graph.node:
            weights = [weight for source in node.input if (weight := weight_behind(source, nodes))]
            if node.op not in PRODUCTS or not weights:
                continue
            scope = node.name.rpartition("/")[0]
            if any(weight.startswith(f"{scope}/") or "/" not in weight for weight in weights):
                named += 1
            else:
                elsewhere.append(f"{node.name} by {weights}")
        require(not elsewhere, f"{len(elsewhere)} do not: {elsewhere[:3]}")
        compute = [node for node in graph.node if node.op not in PLUMBING]
        scoped = sum("/" in node.name for node in compute)
        figure(f"{named} products; {scoped} of {len(compute)} nodes have a module's path")


def weight_behind(source: str, nodes: dict[str, NodeDef]) -> str | None:
    """The variable that an input reads, through changes of form alone."""
    node = nodes.get(source.split(":")[0].removeprefix("^"))
    while node is not None and node.op in WEIGHTS_THROUGH:
        node = nodes.get(node.input[0].split(":")[0])
    return node.input[0] if node is not None and node.op == "ReadVariableOp" else None


main()
