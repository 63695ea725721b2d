"""Runs a SavedModel of one input and output on recorded numbers and prints the largest relative error.

Usage: run_saved_model.py DIRECTORY IO.npz   (arrays `input` and `output`); fails above 1e-4.
"""

import sys

import numpy as np
import tensorflow as tf

recorded = np.load(sys.argv[2])
signature = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
(name,) = signature.structured_input_signature[1]
(found,) = signature(**{name: tf.constant(recorded["input"])}).values()
error = float(np.max(np.abs(found.numpy() - recorded["output"])) / np.max(np.abs(recorded["output"])))
print(f"{error:.1e}")
sys.exit(0 if error <= 1e-4 else f"the largest error is {error}")
