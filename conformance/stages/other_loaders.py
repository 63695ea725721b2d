"""Conversions in what else loads a SavedModel: Keras, TensorFlow's freezing of variables, and its C API.

Runs in the tensorflow environment. Not here: tf.saved_model.load and the v1 loader (in_tensorflow.py).
"""

import ctypes
from pathlib import Path

import keras
import numpy as np
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

import tensorflow as tf
from equal import largest_error
from report import check, require
from run_context import Model, converted, exported_models, read_context

MODELS = ("resnet18", "encoder", "pair")  # convolutions, a transformer, several inputs and outputs of several dtypes
C_LIBRARY = Path(tf.sysconfig.get_lib()) / "libtensorflow_cc.so.2"


def main() -> None:
    """The three loaders on a few models."""
    context = read_context()
    for model in exported_models(context):
        if model.name in MODELS:
            for kind in model.facts["files"]:
                version = converted(context, f"{model.name}.{kind}")
                name = f"{model.name}.{kind}"
                if len(model.facts["inputs"]) == 1:  # Keras hands a layer's call one argument
                    check_keras(name, model, version)
                check_frozen(name, model, version)
                check_c_api(name, model, version)


def examples(model: Model) -> list[tuple[dict[str, np.ndarray], list[np.ndarray]]]:
    """Named inputs and listed outputs at each batch size."""
    recorded = np.load(model.folder / "io.npz")
    return [
        (
            {key: recorded[f"b{batch}.in{i}"] for i, key in enumerate(model.facts["inputs"])},
            [recorded[f"b{batch}.out{i}"] for i in range(len(model.facts["outputs"]))],
        )
        for batch in model.facts["batches"]
    ]


def check_keras(name: str, model: Model, version: Path) -> None:
    """A SavedModel as a layer of a Keras model."""
    with check(f"{name}: keras.layers.TFSMLayer") as figure:
        layer = keras.layers.TFSMLayer(str(version), call_endpoint="serving_default")
        worst = 0.0
        for inputs, want in examples(model):
            made = layer(*map(tf.constant, inputs.values()))
            worst = max(worst, largest_error([made[key].numpy() for key in model.facts["outputs"]], want))
        figure(f"{worst:.1e}")


def check_frozen(name: str, model: Model, version: Path) -> None:
    """Variables become constants, all of them, and the numbers stay."""
    with check(f"{name}: convert_variables_to_constants_v2") as figure:
        function = tf.saved_model.load(str(version)).signatures["serving_default"]
        frozen = convert_variables_to_constants_v2(function)
        left = [node.name for node in frozen.graph.as_graph_def().node if "VarHandle" in node.op]
        require(not left, f"variables are left: {left[:3]}")
        order = [tensor.name.split(":")[0] for tensor in frozen.inputs]
        keys = sorted(function.structured_input_signature[1])
        by_tensor = {function.structured_input_signature[1][key].name: key for key in keys}
        outputs = sorted(function.structured_outputs)
        worst = 0.0
        for inputs, want in examples(model):
            given = [tf.constant(inputs[input_key(tensor, by_tensor, keys)]) for tensor in order]
            made = dict(zip(outputs, frozen(*given)))
            worst = max(worst, largest_error([made[key].numpy() for key in model.facts["outputs"]], want))
        figure(f"{worst:.1e}")


def input_key(tensor: str, by_tensor: dict[str, str], keys: list[str]) -> str:
    """The signature's key of a frozen graph's placeholder."""
    plain = tensor.removeprefix("serving_default_")
    return by_tensor.get(plain, plain if plain in keys else keys[0])


def check_c_api(name: str, model: Model, version: Path) -> None:
    """TF_LoadSessionFromSavedModel, which C, Go, Rust and Java programs call; it restores the variables."""
    with check(f"{name}: C API") as figure:
        library = ctypes.CDLL(str(C_LIBRARY))
        for function in ("TF_NewStatus", "TF_NewSessionOptions", "TF_NewGraph", "TF_LoadSessionFromSavedModel"):
            getattr(library, function).restype = ctypes.c_void_p
        library.TF_GraphOperationByName.restype = ctypes.c_void_p
        library.TF_Message.restype = ctypes.c_char_p
        status, options, graph = (
            ctypes.c_void_p(getattr(library, function)())
            for function in ("TF_NewStatus", "TF_NewSessionOptions", "TF_NewGraph")
        )
        tags = (ctypes.c_char_p * 1)(b"serve")
        session = ctypes.c_void_p(
            library.TF_LoadSessionFromSavedModel(
                options, None, str(version).encode(), tags, 1, graph, None, status
            )
        )
        require(library.TF_GetCode(status) == 0, library.TF_Message(status).decode())
        for key in model.facts["outputs"]:
            require(library.TF_GraphOperationByName(graph, key.encode()), f"no operation {key}")
        library.TF_CloseSession(session, status)
        library.TF_DeleteSession(session, status)
        figure("loaded")


main()
