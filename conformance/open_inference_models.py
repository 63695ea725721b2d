"""A model of every datatype of the Open Inference Protocol, and values that its edges show in."""

from pathlib import Path

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper, save

WIDTH = 3

KINDS = {
    "bool": ("BOOL", TensorProto.BOOL, np.bool_),
    "u8": ("UINT8", TensorProto.UINT8, np.uint8),
    "u16": ("UINT16", TensorProto.UINT16, np.uint16),
    "u32": ("UINT32", TensorProto.UINT32, np.uint32),
    "u64": ("UINT64", TensorProto.UINT64, np.uint64),
    "i8": ("INT8", TensorProto.INT8, np.int8),
    "i16": ("INT16", TensorProto.INT16, np.int16),
    "i32": ("INT32", TensorProto.INT32, np.int32),
    "i64": ("INT64", TensorProto.INT64, np.int64),
    "f16": ("FP16", TensorProto.FLOAT16, np.float16),
    "bf16": ("BF16", TensorProto.BFLOAT16, ml_dtypes.bfloat16),
    "f32": ("FP32", TensorProto.FLOAT, np.float32),
    "f64": ("FP64", TensorProto.DOUBLE, np.float64),
    "text": ("BYTES", TensorProto.STRING, np.object_),
}


def write_kinds(file: Path) -> None:
    """A model that answers each input `KIND` as `KIND_out`, both [batch, 3]."""
    inputs = [helper.make_tensor_value_info(k, e, ["batch", WIDTH]) for k, (_, e, _) in KINDS.items()]
    outputs = [helper.make_tensor_value_info(f"{k}_out", e, ["batch", WIDTH]) for k, (_, e, _) in KINDS.items()]
    nodes = [helper.make_node("Identity", [kind], [f"{kind}_out"]) for kind in KINDS]
    graph = helper.make_graph(nodes, "kinds", inputs, outputs)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), file)


def values(kind: str) -> np.ndarray:
    """Two rows: the least and the largest integers, infinities and NaN, texts that are not UTF-8."""
    dtype = KINDS[kind][2]
    if dtype is np.object_:
        rows = [[b"a", b"\x00\xff", b""], ["\u00fc".encode(), b"x" * 300, b"\n"]]
        return np.array(rows, dtype=np.object_)
    if dtype is np.bool_:
        return np.array([[True, False, True], [False, False, True]])
    if np.issubdtype(dtype, np.integer):
        least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
        return np.array([[least, most, 1], [0, most - 1, least + 1]], dtype)
    return np.array([[1.5, np.nan, np.inf], [-np.inf, 1e-7, -0.1]]).astype(dtype)


def same(got: np.ndarray, want: np.ndarray) -> bool:
    """Whether two arrays have the same shape and the same bits."""
    if got.shape != want.shape:
        return False
    if want.dtype == np.object_:
        return [one if isinstance(one, bytes) else one.encode() for one in got.ravel()] == list(want.ravel())
    return got.dtype == want.dtype and got.tobytes() == want.tobytes()
