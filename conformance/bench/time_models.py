"""CPU time of one call of several models of one kind, in turns in one process, each with one thread.

Usage: time_models.py KIND ROUNDS BATCH NAME=PATH...   with KIND saved_model (a directory) or onnx (a file).
Every model gets images of its own layout. Each round calls every model, in an order that turns, so that what the machine
does besides meets all alike. Prints JSON: {NAME: [seconds of each round]}.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np

IMAGE = 224
WARM_UP_CALLS = 3
# A round calls a fast model several times: the clock of a process ticks every few milliseconds on some kernels.
ROUND_S = 0.15


def image(shape: list, batch: int) -> np.ndarray:
    """Random pixels; sizes that the model leaves free are the batch and the image's."""
    sizes = [size if isinstance(size, int) and size > 0 else IMAGE for size in shape]
    return np.random.default_rng(0).standard_normal([batch, *sizes[1:]]).astype(np.float32)


def saved_model(path: str, batch: int) -> Callable[[], object]:
    import tensorflow as tf

    loaded = tf.saved_model.load(path)
    signatures = dict(loaded.signatures)
    call = signatures["serving_default"]
    ((name, spec),) = call.structured_input_signature[1].items()
    feed = tf.constant(image(list(spec.shape), batch))
    call.keep = loaded  # the function does not keep its variables alive
    return lambda: [value.numpy() for value in call(**{name: feed}).values()]


def onnx(path: str, batch: int) -> Callable[[], object]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (wanted,) = session.get_inputs()
    feed = {wanted.name: image(wanted.shape, batch)}
    return lambda: session.run(None, feed)


def measure(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of a call, by model and round."""
    repeats = {}
    for name, call in calls.items():
        for _ in range(WARM_UP_CALLS):
            started = time.process_time()
            call()
        repeats[name] = max(1, round(ROUND_S / max(time.process_time() - started, 1e-4)))
    found = {name: [] for name in calls}
    names = list(calls)
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            started = time.process_time()
            for _ in range(repeats[name]):
                calls[name]()
            found[name].append((time.process_time() - started) / repeats[name])
    return found


def main() -> None:
    kind, rounds, batch, *models = sys.argv[1:]
    if kind == "saved_model":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    load = {"saved_model": saved_model, "onnx": onnx}[kind]
    pairs = (model.split("=", 1) for model in models)
    calls = {name: load(path, int(batch)) for name, path in pairs}
    print(json.dumps(measure(calls, int(rounds))))


if __name__ == "__main__":
    main()
