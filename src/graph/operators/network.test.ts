// Layers of networks and what else computes, as one table: inputs, statements, what is inferred for the last.
import { expect, test } from "vitest";
import { inferText } from "../testing/infer-text.ts";

const LSTM = "x: float32[t, n, 8], w: float32[2, 64, 8], r: float32[2, 64, 16]";

test.each<[string, string[], string[]]>([
  // Products
  ["a: float32[n, 2, 3], b: float32[3, 4]", ["y = MatMul(a, b)"], ["float32[n, 2, 4]"]],
  ["a: float32[3], b: float32[n, 3, 4]", ["y = MatMul(a, b)"], ["float32[n, 4]"]],
  ["a: float32[3], b: float32[3]", ["y = MatMul(a, b)"], ["float32[]"]],
  ["a: uint8[n, 3], b: int8[3, 4]", ["y = MatMulInteger(a, b)"], ["int32[n, 4]"]],
  [
    "a: uint8[n, 3], s: float32[], z: uint8[], b: uint8[3, 4], o: uint8[]",
    ["y = QLinearMatMul(a, s, z, b, s, z, s, o)"],
    ["uint8[n, 4]"],
  ],
  ["a: float32[3, n], b: float32[4, 3]", ["y = Gemm(a, b) {transA = 1, transB = 1}"], ["float32[n, 4]"]],
  [
    "a: float32[n, 2, 3], b: float32[n, 4, 3]",
    ['y = Einsum(a, b) {equation = "bik,bjk->bij"}'],
    ["float32[n, 2, 4]"],
  ],
  ["a: float32[n, 2, 3]", ['y = Einsum(a) {equation = "...ij->...ji"}'], ["float32[n, 3, 2]"]],
  ["a: float32[2, 3], b: float32[3, 4]", ['y = Einsum(a, b) {equation = "ij, jk"}'], ["float32[2, 4]"]],
  // Convolutions
  [
    "x: float32[n, 3, h, 224], w: float32[64, 3, 7, 7]",
    ["y = Conv(x, w) {pads = [3, 3, 3, 3], strides = [2, 2]}"],
    ["float32[n, 64, floordiv(h + 1, 2), 112]"],
  ],
  [
    "x: float32[n, 4, 10], w: float32[8, 2, 3]",
    ["y = Conv(x, w) {group = 2, dilations = [2]}"],
    ["float32[n, 8, 6]"],
  ],
  [
    "x: float32[n, 4, 10], w: float32[8, 4, 3]",
    ['y = Conv(x, w) {auto_pad = "SAME_UPPER", strides = [3]}'],
    ["float32[n, 8, 4]"],
  ],
  ["x: uint8[n, 4, 10], w: uint8[8, 4, 3]", ["y = ConvInteger(x, w)"], ["int32[n, 8, 8]"]],
  [
    "x: float32[n, 4, 5, h], w: float32[4, 3, 2, 2]",
    ["y = ConvTranspose(x, w) {group = 2, strides = [2, 2], output_padding = [1, 0]}"],
    ["float32[n, 6, 11, 2*h]"],
  ],
  [
    "x: float32[n, 4, 5, 5], w: float32[4, 3, 3, 3]",
    ["y = ConvTranspose(x, w) {output_shape = [9, 10], strides = [2, 2]}"],
    ["float32[n, 3, 9, 10]"],
  ],
  [
    "x: float32[n, 4, 6, 6], w: float32[8, 4, 3, 3], o: float32[n, 18, 4, 4]",
    ["y = DeformConv(x, w, o)"],
    ["float32[n, 8, 4, 4]"],
  ],
  // Pooling
  [
    "x: float32[n, 3, 7, 7]",
    ["y, i = MaxPool(x) {kernel_shape = [2, 2], strides = [2, 2]}"],
    ["float32[n, 3, 3, 3]", "int64[n, 3, 3, 3]"],
  ],
  [
    "x: float32[n, 3, 7]",
    ["y = AveragePool(x) {kernel_shape = [2], strides = [2], ceil_mode = 1}"],
    ["float32[n, 3, 4]"],
  ],
  [
    "x: float32[n, 3, 6]",
    ["y = AveragePool(x) {kernel_shape = [1], strides = [4], ceil_mode = 1}"],
    ["float32[n, 3, 2]"],
  ],
  ["x: float32[n, 3, 7]", ["y = LpPool(x) {kernel_shape = [3]}"], ["float32[n, 3, 5]"]],
  ["x: float32[n, 3, 7, h]", ["y = GlobalAveragePool(x)"], ["float32[n, 3, 1, 1]"]],
  ["x: float32[n, 3, 7, h]", ["y = GlobalMaxPool(x)"], ["float32[n, 3, 1, 1]"]],
  [
    "x: float32[n, 1, 2, 2], i: int64[n, 1, 2, 2]",
    ["y = MaxUnpool(x, i) {kernel_shape = [2, 2], strides = [2, 2]}"],
    ["float32[n, 1, 4, 4]"],
  ],
  // Normalisation and activation over axes
  ["x: float32[n, 3, h], s: float32[3]", ["y = BatchNormalization(x, s, s, s, s)"], ["float32[n, 3, h]"]],
  [
    "x: float32[n, 4, 6], s: float32[6]",
    ["y, m, d = LayerNormalization(x, s, s)"],
    ["float32[n, 4, 6]", "float32[n, 4, 1]", "float32[n, 4, 1]"],
  ],
  [
    "x: float32[n, 4], s: float32[4]",
    ["y = GroupNormalization(x, s, s) {num_groups = 2}"],
    ["float32[n, 4]"],
  ],
  ["x: float32[n, 4]", ["y = Softmax(x)"], ["float32[n, 4]"]],
  // Reductions
  ["x: float32[n, 4, 5]", ["a: int64[1] = [-1]", "y = ReduceMean(x, a)"], ["float32[n, 4, 1]"]],
  ["x: float32[n, 4, 5]", ["a: int64[2] = [0, 2]", "y = ReduceSum(x, a) {keepdims = 0}"], ["float32[4]"]],
  ["x: float32[n, 4]", ["y = ReduceMax(x)"], ["float32[1, 1]"]],
  ["x: float32[n, 4]", ["y = ReduceMax(x) {noop_with_empty_axes = 1}"], ["float32[n, 4]"]],
  ["x: float32[n, 4, 5], a: int64[1]", ["y = ReduceMax(x, a) {keepdims = 0}"], ["float32[?, ?]"]],
  ["x: float32[n, 4, 5]", ["s = Shape(x)", "y = ReduceProd(s) {keepdims = 0}"], ["int64[] = [20*n]"]],
  ["x: float32[n, 4, 5]", ["y = ArgMax(x) {axis = 1, keepdims = 0}"], ["int64[n, 5]"]],
  ["x: float32[n, 4, 5]", ["y = ArgMin(x) {axis = -1}"], ["int64[n, 4, 1]"]],
  // Sizes from contents
  ["x: float32[n, 9]", ["k: int64[1] = [3]", "v, i = TopK(x, k)"], ["float32[n, 3]", "int64[n, 3]"]],
  ["x: bool[n, 3]", ["y = NonZero(x)"], ["int64[2, ?]"]],
  ["x: float32[n, 3], c: bool[n]", ["y = Compress(x, c) {axis = 0}"], ["float32[?, 3]"]],
  ["x: int64[n]", ["y, a, b, c = Unique(x)"], ["int64[?]", "int64[?]", "int64[?]", "int64[?]"]],
  [
    "i: int64[n, 2], v: float32[2]",
    ["d: int64[] = [5]", "y = OneHot(i, d, v) {axis = 0}"],
    ["float32[5, n, 2]"],
  ],
  // Resizing
  [
    "x: float32[n, 3, 4, h]",
    ["s: float32[4] = [1.0, 1.0, 2.5, 2.0]", "y = Resize(x, _, s)"],
    ["float32[n, 3, 10, 2*h]"],
  ],
  [
    "x: float32[n, 3, 4, 4]",
    ["z: int64[2] = [7, 9]", "y = Resize(x, _, _, z) {axes = [2, 3]}"],
    ["float32[n, 3, 7, 9]"],
  ],
  [
    "x: float32[1, 1, 4, 8]",
    [
      "z: int64[2] = [8, 8]",
      'y = Resize(x, _, _, z) {axes = [2, 3], keep_aspect_ratio_policy = "not_larger"}',
    ],
    ["float32[1, 1, 4, 8]"],
  ],
  // Recurrent layers
  [
    LSTM,
    ['y, h, c = LSTM(x, w, r) {hidden_size = 16, direction = "bidirectional"}'],
    ["float32[t, 2, n, 16]", "float32[2, n, 16]", "float32[2, n, 16]"],
  ],
  [
    "x: float32[n, t, 8], w: float32[1, 48, 8], r: float32[1, 48, 16]",
    ["y, h = GRU(x, w, r) {layout = 1}"],
    ["float32[n, t, 1, 16]", "float32[n, 1, 16]"],
  ],
  // Attention
  [
    "q: float32[n, 4, s, 8], k: float32[n, 2, 6, 8], v: float32[n, 2, 6, 16]",
    ["y = Attention(q, k, v)"],
    ["float32[n, 4, s, 16]"],
  ],
  [
    "q: float32[n, s, 32], k: float32[n, 6, 32], p: float32[n, 4, m, 8]",
    ["y, a, b = Attention(q, k, k, _, p, p) {q_num_heads = 4, kv_num_heads = 4}"],
    ["float32[n, s, 32]", "float32[n, 4, m + 6, 8]", "float32[n, 4, m + 6, 8]"],
  ],
  // Quantisation
  ["x: float32[n, 3], s: float32[], z: int8[]", ["y = QuantizeLinear(x, s, z)"], ["int8[n, 3]"]],
  ["x: uint8[n, 3], s: float16[]", ["y = DequantizeLinear(x, s)"], ["float16[n, 3]"]],
  ["x: float32[n, 3]", ["y, s, z = DynamicQuantizeLinear(x)"], ["uint8[n, 3]", "float32[]", "uint8[]"]],
  // Images, signals, the rest
  ["b: float32[n, 9, 4], s: float32[n, 2, 9]", ["y = NonMaxSuppression(b, s)"], ["int64[?, 3]"]],
  [
    "x: float32[n, 3, 8, 8], r: float32[m, 4], i: int64[m]",
    ["y = RoiAlign(x, r, i) {output_height = 5, output_width = 6}"],
    ["float32[m, 3, 5, 6]"],
  ],
  ["x: float32[n, 3, 8, 8], g: float32[n, 5, 6, 2]", ["y = GridSample(x, g)"], ["float32[n, 3, 5, 6]"]],
  ["t: float32[n, 2, 3]", ["s: int64[4] = [2, 3, 5, 6]", "y = AffineGrid(t, s)"], ["float32[2, 5, 6, 2]"]],
  [
    "x: float32[n, 12, 4]",
    ["i: int64[2] = [3, 3]", "b: int64[2] = [2, 2]", "y = Col2Im(x, i, b)"],
    ["float32[n, 3, 3, 3]"],
  ],
  ["x: float32[n, 8]", ["s: int64[1] = [5]", "y = CenterCropPad(x, s) {axes = [1]}"], ["float32[n, 5]"]],
  ["x: float32[n, 10, 1]", ["a: int64[] = [1]", "y = DFT(x, _, a) {onesided = 1}"], ["float32[n, 6, 2]"]],
  [
    "x: float32[n, 6, 2]",
    ["a: int64[] = [1]", "y = DFT(x, _, a) {onesided = 1, inverse = 1}"],
    ["float32[n, 10, 1]"],
  ],
  ["x: float32[n, 128], w: float32[16]", ["s: int64[] = [8]", "y = STFT(x, s, w)"], ["float32[n, 15, 9, 2]"]],
  ["", ["s: int64[] = [8]", "y = HannWindow(s)"], ["float32[8]"]],
  ["x: float32[n, 3, 3]", ["y = Det(x)"], ["float32[n]"]],
  ["x: float32[n, 3]", ["y = EyeLike(x) {dtype = 7}"], ["int64[n, 3]"]],
  [
    "x: float32[n, 5], t: int64[n]",
    ['y = SoftmaxCrossEntropyLoss(x, t) {reduction = "none"}'],
    ["float32[n]"],
  ],
  ["x: float32[n, 5], t: int64[n]", ["y = NegativeLogLikelihoodLoss(x, t)"], ["float32[]"]],
  ["", ["y = RandomNormal() {shape = [2, 3]}"], ["float32[2, 3]"]],
  ["x: int64[n]", ["y = RandomUniformLike(x) {dtype = 1}"], ["float32[n]"]],
  ["x: string[n]", ["y, c = StringSplit(x)"], ["string[n, ?]", "int64[n]"]],
  // Sequences and optionals
  ["a: float32[n, 2], b: float32[n, 2]", ["y = SequenceConstruct(a, b)"], ["sequence(float32[n, 2])"]],
  ["s: sequence(float32[n, 2]), i: int64[]", ["y = SequenceAt(s, i)"], ["float32[n, 2]"]],
  ["s: sequence(float32[n, 2])", ["y = ConcatFromSequence(s) {axis = 0}"], ["float32[?, 2]"]],
  ["s: sequence(float32[2])", ["y = ConcatFromSequence(s) {axis = 0, new_axis = 1}"], ["float32[?, 2]"]],
  ["x: float32[6, n]", ["y = SplitToSequence(x) {keepdims = 0}"], ["sequence(float32[n])"]],
  ["x: float32[n]", ["y = Optional(x)"], ["optional(float32[n])"]],
  ["x: optional(float32[n])", ["y = OptionalGetElement(x)"], ["float32[n]"]],
])("%s; %j", (inputs, statements, expected) => {
  expect(inferText(inputs, ...statements)).toEqual(expected);
});

test.each<[string, string[], string]>([
  [
    "x: float32[1, 5, 8, 8], w: float32[4, 3, 3, 3]",
    ["y = Conv(x, w)"],
    "data has 5 channels, the weight takes 3 (1 groups)",
  ],
  [
    "x: float32[1, 5, 8], w: float32[4, 3, 3, 3]",
    ["y = Conv(x, w)"],
    "data of 3 dimensions and a weight of 4",
  ],
  ["x: float32[1, 5, 8]", ["y = MaxPool(x)"], "kernel_shape is missing"],
  ["a: float32[2, 3], b: float32[4, 5]", ["y = MatMul(a, b)"], "the inner sizes: 3 and 4 should be equal"],
  ["a: float32[2, 3]", ['y = Einsum(a) {equation = "i->i"}'], '"i" does not name 2 dimensions'],
])("%s; %j is refused", (inputs, statements, message) => {
  expect(() => inferText(inputs, ...statements)).toThrow(message);
});

test("Scan slices what it scans and stacks what it makes", () => {
  const [state, scanned] = inferText(
    "s: float32[n], x: float32[t, n]",
    `last, all = Scan(s, x) {num_scan_inputs = 1, body = graph body(a, b) -> (c, d) {
      c = Add(a, b)
      d = Mul(a, b)
    }}`,
  );
  expect([state, scanned]).toEqual(["float32[n]", "float32[t, n]"]);
});
