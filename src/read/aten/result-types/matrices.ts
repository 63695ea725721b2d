// Results of products of matrices, and of attention.
import { type Dim, sameDim } from "../../../graph/dim.ts";
import { type Facts, Refusal } from "../argument.ts";
import { broadcast, forEach, type Infer, type InferTable, same, sameAs, sameOrEnd, typed } from "./infer.ts";

const matmul: Infer = (call) => {
  const [a, b] = [call.shape("self"), call.shape(call.schema?.arguments[1]?.name ?? "other")];
  return [typed(call.dtypeOf("self"), product(a, b))];
};

function product(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  if (a.length === 0 || b.length === 0) throw new Refusal("its operands are no matrices");
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  sameOrEnd(left.at(-1) as Dim, right.at(-2) as Dim); // both have at least two axes
  const lead = broadcast([left.slice(0, -2), right.slice(0, -2)]);
  const rows = a.length === 1 ? [] : [left.at(-2) as Dim];
  const columns = b.length === 1 ? [] : [right.at(-1) as Dim];
  return [...lead, ...rows, ...columns];
}

const linear: Infer = (call) => {
  const { dtype, shape } = call.type("input");
  const weight = call.shape("weight");
  sameOrEnd(shape.at(-1) ?? 0, weight.at(-1) ?? 0);
  return [typed(dtype, [...shape.slice(0, -1), ...weight.slice(0, -1)])];
};

/** The added term may be broadcast, the product not. */
const addProduct =
  (first: string, second: string): Infer =>
  (call) => {
    const shape = product(call.shape(first), call.shape(second));
    return [typed(call.dtypeOf(first), broadcast([call.shape("self"), shape]))];
  };

const summedProduct: Infer = (call) => {
  const [, rows, inner] = call.shape("batch1");
  const [, same1, columns] = call.shape("batch2");
  sameOrEnd(inner ?? 0, same1 ?? 0);
  return [typed(call.dtypeOf("batch1"), [rows ?? 0, columns ?? 0])];
};

/** Rows in groups times one matrix a group. */
const groups: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const matrices = call.shape("mat2");
  if (shape.length !== 2 || matrices.length !== 3) throw new Refusal("groups that are no rows");
  return [typed(call.dtype("out_dtype") ?? dtype, [shape[0] ?? 1, matrices[2] ?? 1])];
};

const outer: Infer = (call) => {
  const [self, other] = [firstOf(call), secondOf(call)];
  return [typed(call.dtypeOf(self), [...call.shape(self), ...call.shape(other)])];
};

const firstOf = (call: Facts) => call.schema?.arguments[0]?.name ?? "self";
const secondOf = (call: Facts) => call.schema?.arguments[1]?.name ?? "other";

const dot: Infer = (call) => [typed(call.dtypeOf("self"), [])];

const attention: Infer = (call) => {
  const query = call.shape("query");
  const [key, value] = [call.shape("key"), call.shape("value")];
  sameOrEnd(query.at(-1) ?? 0, key.at(-1) ?? 0);
  sameOrEnd(key.at(-2) ?? 0, value.at(-2) ?? 0);
  const lead = query.slice(0, -2);
  const heads = [key, value].map((shape) => shape.slice(0, -2));
  const grouped = call.has("enable_gqa") && call.bool("enable_gqa");
  const common = grouped ? lead : broadcast([lead, ...heads]);
  const result = typed(call.dtypeOf("query"), [...common, query.at(-2) ?? 0, value.at(-1) ?? 0]);
  return [result];
};

/** A whole attention layer, and its weights: one matrix a sample, or one a head. */
const attentionLayer: Infer = (call) => {
  const query = call.type("query");
  const [batch = 1, rows = 1] = query.shape;
  const heads = call.bool("average_attn_weights") ? [] : [call.int("num_head")];
  return [query, typed(query.dtype, [batch, ...heads, rows, call.shape("key")[1] ?? 1])];
};

/** `ij,jk->ik` with an optional ellipsis; without an arrow the letters that stand once, sorted. */
const einsum: Infer = (call) => {
  const [inputs = "", stated] = call.string("equation").replace(/\s/g, "").split("->");
  const types = call.typesOf("tensors").flatMap((type) => type ?? []);
  const sizes = new Map<string, Dim>();
  const ellipses: Dim[][] = [];
  for (const [index, term] of inputs.split(",").entries()) {
    const shape = types[index]?.shape ?? [];
    const hidden = shape.length - term.replace("...", "").length;
    const at = term.indexOf("...");
    if (at >= 0) ellipses.push(shape.slice(at, at + hidden));
    const letters = at < 0 ? [...term] : [...term.slice(0, at), ...term.slice(at + 3)];
    const dims = at < 0 ? shape : [...shape.slice(0, at), ...shape.slice(at + hidden)];
    for (const [place, letter] of letters.entries()) learn(sizes, letter, dims[place] ?? 0);
  }
  const output = stated ?? implicitOutput(inputs);
  const lead = broadcast(ellipses);
  const shape = output.split("...").map((part) => [...part].map((letter) => sizes.get(letter) ?? 0));
  return [
    typed(
      types[0]?.dtype ?? "float32",
      output.includes("...") ? [...(shape[0] ?? []), ...lead, ...(shape[1] ?? [])] : (shape[0] ?? []),
    ),
  ];
};

function learn(sizes: Map<string, Dim>, letter: string, size: Dim): void {
  const known = sizes.get(letter);
  if (known === undefined || known === 1) sizes.set(letter, size);
  else if (size !== 1 && !sameDim(known, size)) same(known, size);
}

function implicitOutput(inputs: string): string {
  const letters = [...inputs.replaceAll(/[,.]/g, "")];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort();
  return (inputs.includes("...") ? "..." : "") + once.join("");
}

export const MATRICES: InferTable = {
  _native_multi_head_attention: attentionLayer,
  _transformer_encoder_layer_fwd: sameAs("src"),
  ...forEach("matmul mm bmm mv linalg_matmul", matmul),
  ...forEach("dot vdot", dot),
  ...forEach("outer ger", outer),
  linear,
  _grouped_mm: groups,
  addmm: addProduct("mat1", "mat2"),
  addmv: addProduct("mat", "vec"),
  baddbmm: addProduct("batch1", "batch2"),
  addbmm: summedProduct,
  scaled_dot_product_attention: attention,
  einsum,
};
