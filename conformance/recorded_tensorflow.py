"""Runs calls that a stage recorded (control_flow.py, models.py) on the SavedModels, in the tensorflow environment."""

import sys
from pathlib import Path

import numpy as np

import tensorflow as tf
from equal import largest_error
from report import check


def main() -> None:
    """Every conversion of the folder that was recorded."""
    folder = Path(sys.argv[1])
    for record in sorted(folder.glob("*.npz")):
        arrays = np.load(record)
        count = 1 + max(int(key.split("/")[0]) for key in arrays.files)
        with check(f"{record.stem}: TensorFlow, {count} calls") as figure:
            loaded = tf.saved_model.load(str(folder / record.stem / "1"))
            figure(f"{max(error(loaded, arrays, number) for number in range(count)):.1e}")


def error(loaded: object, arrays: np.lib.npyio.NpzFile, number: int) -> float:
    """One call: its inputs, states among them, against what onnxruntime gave."""
    feeds = part(arrays, f"{number}/in/")
    want = part(arrays, f"{number}/out/")
    got = loaded.signatures["serving_default"](**{name: tf.constant(value) for name, value in feeds.items()})
    return largest_error([got[name].numpy() for name in want], list(want.values()))


def part(arrays: np.lib.npyio.NpzFile, prefix: str) -> dict[str, np.ndarray]:
    """The arrays under a prefix, by the rest of their names."""
    return {key[len(prefix) :]: arrays[key] for key in arrays.files if key.startswith(prefix)}


main()
