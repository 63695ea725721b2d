"""Looks into the TensorFlow graphs of the convolutional networks: NHWC inside, one Transpose, batch norm folded.

Runs in the tensorflow environment.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from report import check, require
from run_context import converted, exported_models, read_context

CONVOLUTIONAL = ("resnet18", "mobilenet_v3_small")
LAYOUT_OPS = {"Conv2D", "DepthwiseConv2dNative", "MaxPool", "AvgPool", "MaxPoolV2", "BiasAdd"}
DEFAULT_LAYOUT = "NHWC"  # of every one of them, where the attribute is not written


def main() -> None:
    """Both networks, from both kinds of file."""
    context = read_context()
    for model in exported_models(context):
        for kind in model.facts["files"] if model.name in CONVOLUTIONAL else ():
            check_graph(f"{model.name}.{kind}", converted(context, f"{model.name}.{kind}") / "saved_model.pb")


def check_graph(name: str, file: Path) -> None:
    """The three facts of one graph."""
    with check(f"{name}: NHWC inside, one Transpose, no batch norm") as figure:
        found = list(nodes(file))
        ops = Counter(node.op for node in found)
        layouts = {node.attr["data_format"].s.decode() or DEFAULT_LAYOUT for node in found if node.op in LAYOUT_OPS}
        require(ops["Conv2D"], f"no convolution at all among {dict(ops)}")
        require(layouts == {"NHWC"}, f"layouts {layouts}")
        require(ops["Transpose"] == 1, f"{ops['Transpose']} Transpose nodes")
        norms = [op for op in ops if "BatchNorm" in op]
        require(not norms, f"batch norm stands: {norms}")
        scaled = name.startswith("resnet18") and ops["Mul"] + ops["Sub"] + ops["Rsqrt"]
        require(not scaled, f"batch norm stands as arithmetic: {dict(ops)}")
        figure("  ".join(f"{op} {count}" for op, count in ops.most_common(9)))


def nodes(file: Path) -> Iterator[NodeDef]:
    """Every node of the graph and of its functions."""
    for meta in SavedModel.FromString(file.read_bytes()).meta_graphs:
        yield from meta.graph_def.node
        for function in meta.graph_def.library.function:
            yield from function.node_def


main()
