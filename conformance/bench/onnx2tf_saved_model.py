"""onnx2tf up to its SavedModel: its command, ended where it would go on to write TFLite files.

That part takes ten times as long as the SavedModel, has no flag to leave it out, and is no part of the comparison.
"""

import os
import sys

from onnx2tf import main

import tensorflow as tf


def stop(*_: object, **__: object) -> None:
    """Ends the process: the SavedModel is on disk."""
    os._exit(0)


tf.lite.TFLiteConverter.from_keras_model = stop
tf.lite.TFLiteConverter.from_concrete_functions = stop
sys.argv[0] = "onnx2tf"
main()
