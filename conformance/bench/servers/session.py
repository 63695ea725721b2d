"""The engine of every server here: onnxruntime's session with one thread, as torchferry's has in the same bench."""

import onnxruntime


def open_session(file: str) -> onnxruntime.InferenceSession:
    """Loads a model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
