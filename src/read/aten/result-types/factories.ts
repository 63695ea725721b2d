// Results that are made from little but sizes, and tensors like others.
import { ceilDivDims, type Dim, mulDims, subDims } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { type Facts, Refusal } from "../argument.ts";
import { forEach, type Infer, type InferTable, typed } from "./infer.ts";

const sized: Infer = (call) => [typed(call.dtype("dtype") ?? "float32", call.dims("size"))];

/** Without a dtype, the fill value decides. */
const full: Infer = (call) => [
  typed(call.dtype("dtype") ?? numberType(call, "fill_value"), call.dims("size")),
];

function numberType(call: Facts, name: string): DType {
  const argument = call.argument(name);
  if (argument.kind === "complex") return "complex64";
  if (argument.kind === "tensor") return call.dtypeOf(name);
  const { kind } = call.scalar(name);
  return kind === "bool" ? "bool" : kind === "float" || kind === "symbol" ? "float32" : "int64";
}

const like: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [typed(call.dtype("dtype") ?? dtype, shape)];
};

const newSized: Infer = (call) => [typed(call.dtype("dtype") ?? call.dtypeOf("self"), call.dims("size"))];

const arange: Infer = (call) => {
  const bounds = ["start", "end", "step"].filter((name) => call.has(name));
  const whole = bounds.every((name) => call.argument(name).kind === "int");
  return [typed(call.dtype("dtype") ?? (whole ? "int64" : "float32"), [rangeLength(call, whole)])];
};

function rangeLength(call: Facts, whole: boolean): Dim {
  if (whole) {
    const length = subDims(call.dim("end"), call.has("start") ? call.dim("start") : 0);
    const step = call.has("step") ? call.dim("step") : 1;
    if (typeof length === "number" && typeof step === "number") return Math.max(0, Math.ceil(length / step));
    const [ahead, size] =
      typeof step === "number" && step < 0 ? [mulDims(length, -1), -step] : [length, step];
    return ceilDivDims(ahead, size);
  }
  const start = call.has("start") ? call.float("start") : 0;
  const step = call.has("step") ? call.float("step") : 1;
  return Math.max(0, Math.ceil((call.float("end") - start) / step));
}

const evenly: Infer = (call) => [typed(call.dtype("dtype") ?? "float32", [call.dim("steps")])];

const eye: Infer = (call) => {
  const rows = call.dim("n");
  return [typed(call.dtype("dtype") ?? "float32", [rows, call.has("m") ? call.dim("m") : rows])];
};

const scalar: Infer = (call) => [typed(call.dtype("dtype") ?? "float32", [])];

const triangle: Infer = (call) => {
  const [rows, columns, offset] = [call.int("row"), call.int("col"), call.int("offset")];
  let count = 0;
  for (let row = 0; row < Math.min(rows, MAX_ROWS); row++) {
    const below = Math.min(Math.max(row + offset + 1, 0), columns);
    const above = columns - Math.min(Math.max(row + offset, 0), columns);
    count += call.name === "tril_indices" ? below : above;
  }
  if (rows > MAX_ROWS) throw new Refusal(`a triangle of ${rows} rows`);
  return [typed(call.dtype("dtype") ?? "int64", [2, count])];
};

/** More rows than any triangle whose places are listed. */
const MAX_ROWS = 1_000_000;

const window: Infer = (call) => [typed(call.dtype("dtype") ?? "float32", [call.dim("window_length")])];

/** One grid a vector; "xy" swaps the first two axes. A scalar counts as a vector of one. */
const meshgrid: Infer = (call) => {
  const types = call.typesOf("tensors").flatMap((type) => type ?? []);
  const [first = 1, second, ...rest] = types.map(({ shape }) => shape[0] ?? 1);
  const swap = call.has("indexing") && call.string("indexing") === "xy" && second !== undefined;
  const shape = swap ? [second, first, ...rest] : [first, ...(second === undefined ? [] : [second]), ...rest];
  return types.map(({ dtype }) => typed(dtype, shape));
};

const histogram: Infer = (call) => [typed(call.dtypeOf("self"), [call.dim("bins")])];

export const FACTORIES: InferTable = {
  ...forEach("zeros ones empty rand randn empty_strided empty_permuted", sized),
  full,
  ...forEach("zeros_like ones_like empty_like full_like rand_like randn_like", like),
  ...forEach("new_zeros new_ones new_empty new_full new_empty_strided", newSized),
  arange,
  meshgrid,
  histc: histogram,
  ...forEach("linspace logspace", evenly),
  eye,
  scalar_tensor: scalar,
  ...forEach("tril_indices triu_indices", triangle),
  ...forEach("hann_window hamming_window blackman_window bartlett_window", window),
};
