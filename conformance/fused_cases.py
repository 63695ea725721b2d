"""Models of one operator each: of onnxruntime's own domain, as its optimiser and its quantiser write them, and others.

onnxruntime runs the source with its optimiser off; what it computes is what a conversion must compute. Inputs are free
in their first axis, so that nothing can be folded away.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

Arrays = dict[str, np.ndarray]
DOMAINS = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
ABSENT = ""


@dataclass(frozen=True)
class Fused:
    """One node: inputs by name in order ("" leaves one out), of which `constants` are initialisers."""

    name: str
    op: str
    inputs: dict[str, np.ndarray | None]
    attributes: dict = field(default_factory=dict)
    outputs: tuple[str, ...] = ("y",)  # "" leaves one out
    constants: tuple[str, ...] = ()
    domain: str = "com.microsoft"


def fused_cases() -> Iterator[Fused]:
    """All of them, from one seed."""
    random = np.random.default_rng(3)
    for family in (activations, products, convolutions, normalizations, attentions, linear, quantized_products, others, deep):
        yield from family(lambda *shape: random.standard_normal(shape).astype("f4"), random)


Normal = Callable[..., np.ndarray]


def activations(normal: Normal, random: np.random.Generator) -> Iterator[Fused]:
    """Gelu in its forms."""
    yield Fused("Gelu", "Gelu", {"x": normal(3, 8) * 2})
    yield Fused("BiasGelu", "BiasGelu", {"x": normal(3, 8), "b": normal(8)}, constants=("b",))
    yield Fused("FastGelu", "FastGelu", {"x": normal(3, 8), "b": normal(8)}, constants=("b",))
    yield Fused("FastGelu, no bias", "FastGelu", {"x": normal(3, 8)})
    yield Fused("QuickGelu", "QuickGelu", {"x": normal(3, 8)}, {"alpha": 1.5})


def products(normal: Normal, random: np.random.Generator) -> Iterator[Fused]:
    """Products with transposes, factors and activations."""
    yield Fused("FusedMatMul, transposed", "FusedMatMul", {"a": normal(2, 5, 4), "b": normal(2, 6, 5)}, {"transA": 1, "transB": 1, "alpha": 0.25})
    yield Fused("FusedMatMul, batch behind", "FusedMatMul", {"a": normal(4, 2, 5), "b": normal(5, 2, 6)}, {"transBatchA": 1, "transBatchB": 1})
    yield Fused("FusedMatMul, both", "FusedMatMul", {"a": normal(5, 2, 3, 4), "b": normal(2, 3, 5, 6)}, {"transBatchA": 1, "transA": 1})
    yield Fused("TransposeMatMul", "TransposeMatMul", {"a": normal(2, 4, 5), "b": normal(6, 5)}, {"transB": 1, "alpha": 2.0})
    for activation, more in (("Relu", {}), ("LeakyRelu", {"activation_alpha": 0.3}), ("HardSigmoid", {"activation_alpha": 0.3, "activation_beta": 0.4})):
        yield Fused(f"FusedGemm, {activation}", "FusedGemm", {"a": normal(3, 4), "b": normal(5, 4), "c": normal(5)}, {"transB": 1, "alpha": 0.5, "beta": 2.0, "activation": activation, **more}, constants=("b", "c"))


def convolutions(normal: Normal, random: np.random.Generator) -> Iterator[Fused]:
    """Convolutions with a sum and an activation."""
    conv = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1], "dilations": [1, 1], "group": 1}
    x, w, b = normal(2, 3, 7, 7), normal(4, 3, 3, 3), normal(4)
    for activation, parameters in (("Relu", None), ("Clip", [0.0, 0.5]), ("LeakyRelu", [0.2]), ("HardSigmoid", [0.2, 0.4]), ("Tanh", None)):
        more = {"activation_params": parameters} if parameters else {}
        yield Fused(f"FusedConv, {activation}", "FusedConv", {"x": x, "w": w, "b": b}, {**conv, "activation": activation, **more}, constants=("w", "b"))
    yield Fused("FusedConv with a sum", "FusedConv", {"x": x, "w": w, "b": b, "z": normal(2, 4, 7, 7)}, {**conv, "activation": "Relu"}, constants=("w", "b"))
    yield Fused("FusedConv with a sum, no bias", "FusedConv", {"x": x, "w": w, ABSENT: None, "z": normal(2, 4, 7, 7)}, {**conv, "activation": "Relu"}, constants=("w",))


def normalizations(normal: Normal, random: np.random.Generator) -> Iterator[Fused]:
    """Normalizations with the sums before them."""
    x, skip, gamma, beta, bias = normal(2, 5, 8), normal(2, 5, 8), normal(8), normal(8), normal(8)
    yield Fused("LayerNormalization before opset 17", "LayerNormalization", {"x": x, "g": gamma, "b": beta}, {"axis": -1, "epsilon": 1e-4}, constants=("g", "b"), domain="")
    yield Fused("SimplifiedLayerNormalization", "SimplifiedLayerNormalization", {"x": x, "g": gamma}, {"axis": -1, "epsilon": 1e-4}, constants=("g",), domain="")
    yield Fused("SkipLayerNormalization", "SkipLayerNormalization", {"x": x, "s": skip, "g": gamma, "b": beta, "c": bias}, {"epsilon": 1e-5}, ("y", "", "", "sum"), ("g", "b", "c"))
    yield Fused("SkipLayerNormalization, broadcast", "SkipLayerNormalization", {"x": x, "s": normal(5, 8), "g": gamma}, constants=("s", "g"))
    yield Fused("SkipSimplifiedLayerNormalization", "SkipSimplifiedLayerNormalization", {"x": x, "s": skip, "g": gamma, "c": bias}, {"epsilon": 1e-5}, ("y", "", "", "sum"), ("g", "c"))
    ids, segments = random.integers(0, 9, (2, 5), dtype="i4"), random.integers(0, 2, (2, 5), dtype="i4")
    tables = {"words": normal(9, 8), "positions": normal(7, 8), "kinds": normal(2, 8), "g": gamma, "b": beta}
    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], "i4")
    yield Fused("EmbedLayerNormalization", "EmbedLayerNormalization", {"ids": ids, "segments": segments, **tables, "mask": mask}, {"epsilon": 1e-5}, ("y", "lengths", "sum"), tuple(tables))
    yield Fused("EmbedLayerNormalization, positions", "EmbedLayerNormalization", {"ids": ids, "": None, "words": tables["words"], "positions": tables["positions"], " ": None, "g": gamma, "b": beta, "  ": None, "places": random.integers(0, 7, (2, 5), dtype="i4")}, {}, ("y", ""), ("words", "positions", "g", "b"))


def attentions(normal: Normal, random: np.random.Generator) -> Iterator[Fused]:
    """Attention with masks, pasts and biases."""
    x, w, b = normal(2, 5, 8), normal(8, 24) * 0.4, normal(24)
    base = {"x": x, "w": w, "b": b}
    raw = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], "i4")
    names = ("w", "b")
    yield Fused("Attention", "Attention", base, {"num_heads": 2}, constants=names)
    yield Fused("Attention, raw mask", "Attention", {**base, "m": raw}, {"num_heads": 2}, constants=names)
    yield Fused("Attention, lengths", "Attention", {**base, "m": np.array([3, 5], "i4")}, {"num_heads": 2}, constants=names)
    yield Fused("Attention, mask of pairs", "Attention", {**base, "m": random.integers(0, 2, (2, 5, 5), dtype="i4")}, {"num_heads": 2, "mask_filter_value": -50.0}, constants=names)
    yield Fused("Attention, causal, scale", "Attention", base, {"num_heads": 4, "unidirectional": 1, "scale": 0.3}, constants=names)
    yield Fused("Attention, value of another size", "Attention", {"x": x, "w": normal(8, 28) * 0.4, "b": normal(28)}, {"num_heads": 2, "qkv_hidden_sizes": [8, 8, 12]}, constants=names)
    yield Fused("Attention, past", "Attention", {**base, "": None, "past": normal(2, 2, 2, 3, 4)}, {"num_heads": 2, "unidirectional": 1}, ("y", "present"), names)
    yield Fused("Attention, bias", "Attention", {**base, "": None, " ": None, "more": normal(2, 2, 5, 5)}, {"num_heads": 2}, constants=names)
    q, k, v = normal(2, 4, 8), normal(2, 6, 8), normal(2, 6, 8)
    yield Fused("MultiHeadAttention", "MultiHeadAttention", {"q": q, "k": k, "v": v}, {"num_heads": 2})
    yield Fused("MultiHeadAttention, biases, mask", "MultiHeadAttention", {"q": q, "k": k, "v": v, "b": normal(24), "m": np.array([[1, 1, 1, 1, 0, 0], [1] * 6], "i4")}, {"num_heads": 2}, constants=("b",))
    yield Fused("MultiHeadAttention, past", "MultiHeadAttention", {"q": q, "k": normal(2, 4, 8), "v": normal(2, 4, 8), "": None, " ": None, "more": normal(1, 2, 4, 7), "pk": normal(2, 2, 3, 4), "pv": normal(2, 2, 3, 4)}, {"num_heads": 2}, ("y", "present_key", "present_value"))
    yield Fused("MultiHeadAttention, keys by heads", "MultiHeadAttention", {"q": q, "k": normal(2, 2, 6, 4), "v": normal(2, 2, 6, 4)}, {"num_heads": 2, "scale": 0.2})
    angles = {"cos": np.cos(normal(9, 2)), "sin": np.sin(normal(9, 2))}
    yield Fused("RotaryEmbedding", "RotaryEmbedding", {"x": normal(2, 3, 8), "p": random.integers(0, 9, (2, 3)), **angles}, {"num_heads": 2}, constants=("cos", "sin"))
    yield Fused("RotaryEmbedding, offset, by heads", "RotaryEmbedding", {"x": normal(2, 2, 3, 4), "p": np.array([4]), **angles}, {"interleaved": 1}, constants=("p", "cos", "sin"))


def linear(normal: Normal, random: np.random.Generator) -> Iterator[Fused]:
    """Operators on quantised tensors."""
    u8 = lambda *shape: random.integers(0, 256, shape, dtype="u1")
    scale = lambda value: np.array(value, "f4")
    zero = lambda value: np.array(value, "u1")
    ab = {"a": u8(2, 3, 6), "as": scale(0.021), "az": zero(120), "b": u8(2, 3, 6), "bs": scale(0.013), "bz": zero(7)}
    out = {"ys": scale(0.03), "yz": zero(101)}
    fixed = ("as", "az", "bs", "bz", "ys", "yz", "xs", "xz")
    for op in ("QLinearAdd", "QLinearMul"):
        yield Fused(op, op, {**ab, **out}, constants=fixed)
    x = {"x": u8(2, 4, 6, 6), "xs": scale(0.0437), "xz": zero(130)}
    yield Fused("QLinearConcat", "QLinearConcat", {**out, "a": u8(2, 3), "as": scale(0.02), "az": zero(3), "b": u8(2, 4), "bs": scale(0.07), "bz": zero(99)}, {"axis": 1}, constants=fixed)
    yield Fused("QLinearSigmoid", "QLinearSigmoid", {**x, "ys": scale(1 / 256), "yz": zero(0)}, constants=fixed)
    yield Fused("QLinearLeakyRelu", "QLinearLeakyRelu", {**x, **out}, {"alpha": 0.2}, constants=fixed)
    yield Fused("QLinearSoftmax", "QLinearSoftmax", {**x, "ys": scale(1 / 256), "yz": zero(0)}, {"axis": -1, "opset": 13}, constants=fixed)
    yield Fused("QLinearAveragePool", "QLinearAveragePool", {**x, **out}, {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [1, 1, 0, 0], "count_include_pad": 0}, constants=fixed)
    yield Fused("QLinearGlobalAveragePool", "QLinearGlobalAveragePool", {**x, **out}, {"channels_last": 0}, constants=fixed)
    yield Fused("QLinearWhere", "QLinearWhere", {"c": u8(2, 3) > 127, "a": u8(2, 3), "as": scale(0.02), "az": zero(3), "b": u8(2, 3), "bs": scale(0.02), "bz": zero(9), **out}, constants=fixed)
    yield Fused("DequantizeLinear of 16 bits", "DequantizeLinear", {"x": random.integers(0, 60000, (3, 4), dtype="u2"), "xs": scale(0.001), "xz": np.array(30000, "u2")}, constants=fixed)
    yield Fused("QuantizeLinear to 16 bits", "QuantizeLinear", {"x": normal(3, 4), "ys": scale(0.001), "yz": np.array(100, "i2")}, constants=fixed)


def quantized_products(normal: Normal, random: np.random.Generator) -> Iterator[Fused]:
    """Products of integers, and weights of a few bits."""
    u8 = lambda *shape: random.integers(0, 256, shape, dtype="u1")
    scale = lambda *values: np.array(values[0] if len(values) == 1 else values, "f4")
    zero = lambda value: np.array(value, "u1")
    w = {"b": u8(6, 4), "bs": scale(0.01)}
    fixed = ("b", "as", "bs", "az", "bz", "c", "ys", "yz")
    yield Fused("MatMulIntegerToFloat", "MatMulIntegerToFloat", {"a": u8(3, 6), "b": u8(6, 4), "as": scale(0.02), "bs": scale(0.1, 0.2, 0.3, 0.4), "az": zero(9), "bz": zero(100), "c": normal(4)}, constants=fixed)
    yield Fused("DynamicQuantizeMatMul", "DynamicQuantizeMatMul", {"a": normal(3, 6), **w, "bz": zero(128), "c": normal(4)}, constants=fixed)
    yield Fused("DynamicQuantizeMatMul, no zero", "DynamicQuantizeMatMul", {"a": normal(2, 3, 6), "b": random.integers(-127, 128, (6, 4), dtype="i1"), "bs": scale(0.1, 0.2, 0.3, 0.4)}, constants=fixed)
    gemm = {"a": u8(3, 6), "as": scale(0.02), "az": zero(120), "b": u8(4, 6), "bs": scale(0.013), "bz": zero(118), "c": random.integers(-999, 999, 4, dtype="i4")}
    yield Fused("QGemm", "QGemm", {**gemm, "ys": scale(0.06), "yz": zero(128)}, {"transB": 1, "alpha": 1.0}, constants=fixed)
    yield Fused("QGemm to floats", "QGemm", gemm, {"transB": 1, "alpha": 0.5}, constants=fixed)
    yield Fused("QAttention", "QAttention", {"x": u8(2, 5, 8), "b": u8(8, 24), "c": normal(24), "as": scale(0.02), "bs": scale(0.01), "m": np.array([[1, 1, 1, 0, 0], [1] * 5], "i4"), "az": zero(128), "bz": zero(120)}, {"num_heads": 2}, constants=fixed)
    for bits, block, depth in ((4, 16, 40), (8, 32, 32), (4, 32, 32)):
        blocks = -(-depth // block)
        packed = {"a": normal(3, depth), "b": u8(5, blocks, block * bits // 8), "bs": np.abs(normal(5 * blocks)) * 0.1}
        sizes = {"K": depth, "N": 5, "bits": bits, "block_size": block}
        yield Fused(f"MatMulNBits, {bits} bits, blocks of {block}", "MatMulNBits", packed, sizes, constants=fixed)
        zeros = u8(5 * -(-blocks * bits // 8))
        yield Fused(f"MatMulNBits, {bits} bits, blocks of {block}, zeros", "MatMulNBits", {**packed, "bz": zeros}, sizes, constants=fixed)


def others(normal: Normal, random: np.random.Generator) -> Iterator[Fused]:
    """Operators that ONNX took over."""
    yield Fused("Trilu", "Trilu", {"x": normal(2, 4, 4), "k": np.array(1)}, {"upper": 0}, constants=("k",))
    yield Fused("ExpandDims", "ExpandDims", {"x": normal(2, 4), "axis": np.array(1, "i4")}, constants=("axis",))
    yield Fused("Pad", "Pad", {"x": normal(2, 4), "p": np.array([0, 1, 0, 2]), "v": np.array(3, "f4")}, {"mode": "constant"}, constants=("p", "v"))
    yield Fused("GridSample", "GridSample", {"x": normal(2, 3, 4, 4), "g": normal(2, 5, 5, 2)}, {"mode": "bicubic", "align_corners": 1})


def deep(normal: Normal, random: np.random.Generator) -> Iterator[Fused]:
    """ONNX's own where a kernel of TensorFlow takes fewer axes: five in Softmax, seven in ArgMax."""
    for op in ("Softmax", "LogSoftmax", "Hardmax", "ArgMax", "ArgMin"):
        for axis in (2, -1):
            yield Fused(f"{op}, eight axes, along {axis}", op, {"x": normal(2, 1, 9, 2, 3, 1, 2, 4)}, {"axis": axis}, domain="")


def write(case: Fused, file: Path) -> tuple[Arrays, list[np.ndarray]]:
    """Writes the model; returns inputs and what onnxruntime makes of them with its optimiser off."""
    given = {name: value for name, value in case.inputs.items() if value is not None}
    names = [name if case.inputs[name] is not None else ABSENT for name in case.inputs]
    constants = [numpy_helper.from_array(given[name], name) for name in case.constants if name in given]
    fed = {name: value for name, value in given.items() if name not in case.constants}
    node = helper.make_node(case.op, names, list(case.outputs), name="node", domain=case.domain, **case.attributes)
    wanted = [name for name in case.outputs if name]
    inputs = [helper.make_tensor_value_info(n, element(v), [f"{n}_0", *v.shape[1:]]) for n, v in fed.items()]
    outputs = [onnx.ValueInfoProto(name=name) for name in wanted]
    graph = helper.make_graph([node], "fused", inputs, outputs, constants)
    opsets = [helper.make_opsetid("", 16 if case.op == "LayerNormalization" else 17), DOMAINS[1]]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), file)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    return fed, session.run(wanted, fed)


def element(array: np.ndarray) -> int:
    """ONNX's number of an array's dtype."""
    return helper.np_dtype_to_tensor_dtype(array.dtype)
