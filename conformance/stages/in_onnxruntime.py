"""Runs every conversion's model.onnx in onnxruntime, checks it with onnx, and looks at where its weights stand.

Runs in the tensorflow environment, which has onnx and onnxruntime too.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from equal import largest_error
from report import check, require
from run_context import Model, converted, exported_models, read_context

PAGE_BYTES = 4096
WEIGHTS = "variables/variables.data-00000-of-00001"


def main() -> None:
    """All conversions."""
    context = read_context()
    onnxruntime.set_default_logger_severity(3)
    for model in exported_models(context):
        for kind in (*model.facts["files"], "compact"):
            version = converted(context, f"{model.name}.{kind}")
            if version.exists():
                check_version(model, f"{model.name}.{kind}", version)


def check_version(model: Model, name: str, version: Path) -> None:
    """One version directory."""
    with check(f"{name}: onnxruntime") as figure:
        figure(errors(model, version / "model.onnx"))
    with check(f"{name}: onnx.checker, with shape inference"):
        onnx.checker.check_model(str(version / "model.onnx"), full_check=True)
    with check(f"{name}: large weights stand in the SavedModel's file") as figure:
        figure(check_weights(version))


def errors(model: Model, file: Path) -> str:
    """The largest error at each batch size."""
    recorded = np.load(model.folder / "io.npz")
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    names = [[v.name for v in session.get_inputs()], [v.name for v in session.get_outputs()]]
    want = [model.facts["inputs"], model.facts["outputs"]]
    require(names == want, f"inputs and outputs are {names}, want {want}")
    texts = []
    for batch in model.facts["batches"]:
        inputs = {key: recorded[f"b{batch}.in{i}"] for i, key in enumerate(names[0])}
        expected = [recorded[f"b{batch}.out{i}"] for i in range(len(names[1]))]
        texts.append(f"batch {batch}: {largest_error(session.run(None, inputs), expected):.1e}")
    return "  ".join(texts)


def check_weights(version: Path) -> str:
    """External tensors point into the weights file on page borders and inside it; only small ones are inline."""
    model = onnx.load(str(version / "model.onnx"), load_external_data=False)
    size = (version / WEIGHTS).stat().st_size
    outside = inline = 0
    for tensor in model.graph.initializer:
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            inline += tensor.ByteSize()
            continue
        place = {entry.key: entry.value for entry in tensor.external_data}
        offset, length = int(place["offset"]), int(place["length"])
        require(place["location"] == WEIGHTS, f"{tensor.name} stands in {place['location']}")
        require(offset % PAGE_BYTES == 0, f"{tensor.name} starts at {offset}, not on a page")
        require(offset + length <= size, f"{tensor.name} ends at {offset + length} in a file of {size} bytes")
        outside += length
    require(inline <= max(0.05 * outside, 64 * 1024), f"{inline} bytes of weights stand in model.onnx itself")
    return f"{outside / 1e6:.2f} MB there, {inline / 1e3:.1f} kB inline"


main()
