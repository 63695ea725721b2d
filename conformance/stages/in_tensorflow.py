"""Loads every conversion into TensorFlow, as TensorFlow 2 and as TensorFlow 1 code does, and compares with PyTorch.

Runs in the tensorflow environment, once with oneDNN's kernels and once without (TF_ENABLE_ONEDNN_OPTS).
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

import tensorflow as tf
from equal import largest_error
from report import check, require
from run_context import Model, converted, exported_models, read_context

Run = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]


def main() -> None:
    """All conversions, all signatures, both ways of loading."""
    context = read_context()
    for model in exported_models(context):
        for name in (*model.facts["files"], "compact"):
            version = converted(context, f"{model.name}.{name}")
            if version.exists():
                check_version(model, f"{model.name}.{name}", version)


def check_version(model: Model, name: str, version: Path) -> None:
    """One version directory."""
    kernels = "without oneDNN" if os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0" else "oneDNN"
    with check(f"{name}: tf.saved_model.load, {kernels}") as figure:
        loaded = tf.saved_model.load(str(version))
        require(
            sorted(loaded.signatures) == sorted(model.facts["signatures"]), f"signatures {list(loaded.signatures)}"
        )
        figure(errors(model, lambda signature: second_style(loaded, signature)))
    with check(f"{name}: tf.compat.v1.saved_model.load, {kernels}") as figure:
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            meta = tf.compat.v1.saved_model.load(session, ["serve"], str(version))
            figure(errors(model, lambda signature: first_style(session, meta, signature)))


def second_style(loaded: object, signature: str) -> Run:
    """A signature of an object that TensorFlow 2 loaded."""
    function = loaded.signatures[signature]
    return lambda inputs: {
        k: v.numpy() for k, v in function(**{k: tf.constant(v) for k, v in inputs.items()}).items()
    }


def first_style(session: tf.compat.v1.Session, meta: object, signature: str) -> Run:
    """A signature of a graph that TensorFlow 1 code loaded, by its tensors' names."""
    definition = meta.signature_def[signature]
    fetches = {key: info.name for key, info in definition.outputs.items()}
    return lambda inputs: session.run(fetches, {definition.inputs[k].name: v for k, v in inputs.items()})


def errors(model: Model, run_of: Callable[[str], Run]) -> str:
    """The largest error at each batch size, over all signatures."""
    recorded = np.load(model.folder / "io.npz")
    worst = {}
    for signature in model.facts["signatures"]:
        run = run_of(signature)
        for batch in model.facts["batches"]:
            inputs = {key: recorded[f"b{batch}.in{i}"] for i, key in enumerate(model.facts["inputs"])}
            outputs = run(inputs)
            require(sorted(outputs) == sorted(model.facts["outputs"]), f"outputs {sorted(outputs)}")
            want = [recorded[f"b{batch}.out{i}"] for i in range(len(outputs))]
            got = [outputs[key] for key in model.facts["outputs"]]
            worst[batch] = max(worst.get(batch, 0.0), largest_error(got, want))
    return "  ".join(f"batch {batch}: {error:.1e}" for batch, error in worst.items())


main()
