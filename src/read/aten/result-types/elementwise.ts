// Results that have an element for each element of the operands, broadcast.
import { isComplex, isFloat, isInteger } from "../../../tensor/dtype.ts";
import { Refusal } from "../argument.ts";
import { promote, realOf } from "../promote.ts";
import {
  broadcast,
  broadcastOf,
  forEach,
  type Infer,
  type InferTable,
  operandOf,
  promoted,
  sameAs,
  typed,
} from "./infer.ts";

const SAME =
  "alias clone contiguous detach dropout feature_dropout alpha_dropout feature_alpha_dropout lift lift_fresh " +
  "lift_fresh_copy detach_copy alias_copy positive resolve_conj resolve_neg conj conj_physical _conj pin_memory " +
  "requires_grad relu relu6 leaky_relu elu celu selu gelu silu mish hardtanh hardswish hardsigmoid softplus softsign " +
  "softshrink hardshrink threshold prelu _prelu_kernel rrelu log_sigmoid neg negative abs absolute sign sgn " +
  "ceil floor round trunc fix frac square nan_to_num bitwise_not tril triu flip fliplr flipud roll " +
  "instance_norm group_norm layer_norm rms_norm batch_norm index_fill index_put index_add index_copy " +
  "_index_put_impl _unsafe_index_put masked_scatter scatter scatter_add scatter_reduce select_scatter slice_scatter diagonal_scatter fill zero " +
  "index_reduce renorm channel_shuffle native_channel_shuffle data copy put bernoulli normal uniform " +
  "fake_quantize_per_channel_affine fake_quantize_per_tensor_affine fft_fftshift fft_ifftshift _safe_softmax as_strided_scatter";

const REAL =
  "acos arccos acosh arccosh asin arcsin asinh arcsinh atan arctan atanh arctanh cos cosh erf erfc erfinv exp exp2 " +
  "expm1 log log10 log1p log2 logit reciprocal rsqrt sigmoid sin sinc sinh sqrt tan tanh deg2rad rad2deg lgamma " +
  "special_erf special_erfc special_erfinv special_exp2 special_expit special_expm1 special_log1p special_logit special_sinc " +
  "digamma i0 mvlgamma polygamma special_bessel_j0 special_bessel_j1 special_digamma special_entr special_gammaln special_i0 " +
  "special_i0e special_i1 special_i1e special_modified_bessel_i0 special_modified_bessel_i1 special_multigammaln special_ndtr " +
  "special_polygamma special_psi";

const TRUTH = "isnan isinf isfinite isneginf isposinf isreal signbit logical_not";
const COMPARE =
  "eq ne lt le gt ge not_equal less less_equal greater greater_equal logical_and logical_or logical_xor isclose";
const ARITHMETIC =
  "add sub subtract mul multiply remainder fmod pow maximum minimum fmax fmin bitwise_and bitwise_or bitwise_xor " +
  "__and__ __or__ __xor__ __lshift__ __rshift__ bitwise_left_shift bitwise_right_shift rsub gcd lcm heaviside";
const REAL_PAIRS =
  "true_divide atan2 arctan2 xlogy special_xlogy special_xlog1py hypot copysign logaddexp logaddexp2 ldexp nextafter";

const unaryReal: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [typed(realOf(dtype), shape)];
};

const PAIR = ["self", "other"];
const pairNames = (name: string) =>
  name === "pow" ? ["self", "exponent"] : name === "heaviside" ? ["self", "values"] : PAIR;

const arithmetic: Infer = (call) => {
  const names = pairNames(call.name.replace(/_$/, ""));
  return [typed(promoted(call, names), broadcastOf(call, names))];
};

const realPair: Infer = (call) => [typed(realOf(promoted(call, PAIR)), broadcastOf(call, PAIR))];

/** A division is real unless it is rounded. */
const divide: Infer = (call) => {
  const dtype = promoted(call, PAIR);
  return [typed(call.has("rounding_mode") ? dtype : realOf(dtype), broadcastOf(call, PAIR))];
};

const compare: Infer = (call) => [typed("bool", broadcastOf(call, PAIR))];

const clamp: Infer = (call) => {
  const names = ["self", "min", "max"];
  return [typed(promoted(call, names), broadcastOf(call, names))];
};

/** With a condition alone: the places where it holds, one vector an axis. */
const where: Infer = (call, fresh) => {
  if (!call.has("self")) {
    const places = typed("int64", [fresh()]);
    return call.shape("condition").map(() => places);
  }
  return [typed(promoted(call, PAIR), broadcastOf(call, ["condition", ...PAIR]))];
};

/** Without a dtype, sums and products of integers and truth values are int64. */
const running: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const whole = isInteger(dtype) || dtype === "bool";
  return [typed(call.dtype("dtype") ?? (whole ? "int64" : dtype), shape)];
};

const softmax: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const stated = call.argument("dtype");
  if (call.argument("half_to_float").kind === "bool" && call.bool("half_to_float"))
    return [typed("float32", shape)];
  return [typed(stated.kind === "dtype" ? stated.value : dtype, shape)];
};

const cast: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  if (call.has("other")) return [typed(call.dtypeOf("other"), shape)];
  return [typed(call.dtype("dtype") ?? dtype, shape)];
};

const ternary =
  (...names: string[]): Infer =>
  (call) => [typed(promoted(call, names), broadcastOf(call, names))];

const glu: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const axis = call.axis("dim", shape.length);
  const half = shape[axis];
  if (typeof half !== "number") throw new Refusal(`it halves an axis of ${half}; a fixed size is wanted`);
  return [
    typed(
      dtype,
      shape.map((size, index) => (index === axis ? half / 2 : size)),
    ),
  ];
};

const complexParts: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [typed(dtype === "complex128" ? "float64" : isComplex(dtype) ? "float32" : dtype, shape)];
};

const angle: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [typed(isFloat(dtype) ? dtype : dtype === "complex128" ? "float64" : "float32", shape)];
};

const absolute: Infer = (call) => complexParts(call, () => 0);

const broadcastTensors: Infer = (call) => {
  const types = call.typesOf("tensors").flatMap((type) => type ?? []);
  const shape = broadcast(types.map((type) => type.shape));
  return types.map(({ dtype }) => typed(dtype, shape));
};

const floatPower: Infer = (call) => {
  const dtype = promote(["self", "exponent"].flatMap((name) => operandOf(call, name) ?? []));
  return [typed(isComplex(dtype) ? "complex128" : "float64", broadcastOf(call, ["self", "exponent"]))];
};

const cummax: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [typed(dtype, shape), typed("int64", shape)];
};

/** One complex tensor from two real ones: parts, or length and angle. */
const complexOf =
  (...names: string[]): Infer =>
  (call) => [
    typed(promoted(call, names) === "float64" ? "complex128" : "complex64", broadcastOf(call, names)),
  ];

/** Mantissa and exponent. */
const mantissa: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [typed(dtype, shape), typed("int32", shape)];
};

export const ELEMENTWISE: InferTable = {
  ...forEach(SAME, sameAs()),
  ...forEach(REAL, unaryReal),
  ...forEach(TRUTH, (call) => [typed("bool", call.shape("self"))]),
  ...forEach(COMPARE, compare),
  ...forEach(ARITHMETIC, arithmetic),
  ...forEach(REAL_PAIRS, realPair),
  ...forEach("div divide", divide),
  ...forEach("floor_divide", arithmetic),
  ...forEach("clamp clip clamp_min clamp_max", clamp),
  ...forEach("cumsum cumprod", running),
  ...forEach("logcumsumexp", sameAs()),
  ...forEach("cummax cummin", cummax),
  ...forEach("softmax log_softmax _softmax _log_softmax special_softmax special_log_softmax", softmax),
  ...forEach("to _to_copy type_as", cast),
  ...forEach("real imag abs absolute", absolute),
  abs: absolute,
  angle,
  glu,
  where,
  broadcast_tensors: broadcastTensors,
  complex: complexOf("real", "imag"),
  polar: complexOf("abs", "angle"),
  frexp: mantissa,
  float_power: floatPower,
  masked_fill: (call) => [typed(call.dtypeOf("self"), broadcastOf(call, ["self", "mask"]))],
  addcmul: ternary("self", "tensor1", "tensor2"),
  addcdiv: ternary("self", "tensor1", "tensor2"),
  lerp: (call) => [typed(call.dtypeOf("self"), broadcastOf(call, ["self", "end", "weight"]))],
};
