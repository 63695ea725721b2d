"""Writes ONNX's own tests into a folder: the node tests and the models that the onnx package carries.

Usage: python onnx_cases.py FOLDER   in the torch environment, whose onnx has Pillow beside it for the images.
Layout: FOLDER/GROUP/NAME/{model.onnx, tolerance.json, input_N.pb, output_N.pb}; FOLDER/.complete is the last step.
Groups: node, simple, pytorch-converted, pytorch-operator, light. Not here: the real models, which are downloads.
"""

import json
import shutil
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import ModelProto, TensorProto, ValueInfoProto, numpy_helper
from onnx.backend.test.case import node as node_cases
from onnx.backend.test.runner import Runner

DATA = Path(onnx.__file__).parent / "backend/test/data"
MODEL_TOLERANCE = {"rtol": 1e-3, "atol": 1e-7}  # what onnx's own runner takes where a test says nothing


def main() -> None:
    """Writes every group."""
    warnings.filterwarnings("ignore")
    folder = Path(sys.argv[1])
    for case in node_cases.collect_testcases(None):
        write_node_case(case, folder / "node" / case.name)
    for group in ("simple", "pytorch-converted", "pytorch-operator"):
        for source in sorted((DATA / group).iterdir()):
            write_model_case(source, folder / group / source.name)
    for source in sorted((DATA / "light").glob("*.onnx")):
        write_light_case(source, folder / "light" / source.stem)
    (folder / ".complete").touch()


def write_node_case(case: object, folder: Path) -> None:
    """One test that the package makes in memory; the first data set is all that any of them has."""
    inputs, outputs = case.data_sets[0]
    write_case(folder, case.model, {"rtol": case.rtol, "atol": case.atol})
    write_values(folder, "input", inputs, case.model.graph.input)
    write_values(folder, "output", outputs, case.model.graph.output)


def write_model_case(source: Path, folder: Path) -> None:
    """One model with recorded inputs and outputs."""
    write_case(folder, onnx.load(source / "model.onnx"), MODEL_TOLERANCE)
    for file in sorted((source / "test_data_set_0").glob("*.pb")):
        shutil.copy(file, folder / file.name)


def write_light_case(source: Path, folder: Path) -> None:
    """A well-known network whose weights are made by ConstantOfShape; its inputs are those of onnx's own runner."""
    model = onnx.load(source)
    write_case(folder, model, MODEL_TOLERANCE)
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    write_values(folder, "input", [Runner.generate_dummy_data(value) for value in inputs], inputs)
    shutil.copy(source.with_name(f"{source.stem}_output_0.pb"), folder / "output_0.pb")


def write_case(folder: Path, model: ModelProto, tolerance: dict[str, float]) -> None:
    """The model and the test's own tolerance."""
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    (folder / "tolerance.json").write_text(json.dumps(tolerance))


def write_values(folder: Path, kind: str, values: Sequence[object], infos: Sequence[ValueInfoProto]) -> None:
    """Each value as the protobuf message that its type asks for."""
    for index, (value, info) in enumerate(zip(values, infos)):
        (folder / f"{kind}_{index}.pb").write_bytes(message(value, info).SerializeToString())


def message(value: object, info: ValueInfoProto) -> onnx.TensorProto | onnx.SequenceProto | onnx.OptionalProto:
    """A value of the test as a message."""
    if isinstance(value, TensorProto):
        return value
    kind = info.type.WhichOneof("value")
    makers = {"sequence_type": numpy_helper.from_list, "optional_type": numpy_helper.from_optional}
    return makers.get(kind, numpy_helper.from_array)(value, info.name)


main()
