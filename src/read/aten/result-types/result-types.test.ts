// Programs as text whose results are stated: the rules must tell the same types from the arguments.
import { describe, expect, it } from "vitest";
import { symbol } from "../../../graph/dim.ts";
import { typeText } from "../../../graph/type.ts";
import { Facts } from "../argument.ts";
import type { AtenProgram } from "../program.ts";
import { parseProgram } from "../text/parse-program.ts";
import { resultTypes } from "./result-types.ts";

const INPUTS = `
input x: float32[batch, 3, 8, 8]
input m: float32[batch, 4]
input n: float32[4, 5]
input i: int64[batch]
input h: float16[4]
input k: bool[batch, 4]
weight w conv.weight: float32[6, 3, 3, 3]
weight t up.weight: float32[3, 6, 2, 2]
weight g experts: float32[3, 4, 2]
`;

function typesIn(program: AtenProgram): string[][] {
  let made = 0;
  return program.graph.calls.map((call) => {
    const types = resultTypes(new Facts(call, program.graph), () => symbol(`u${made++}`));
    return (types ?? []).map(typeText);
  });
}

describe("types of results", () => {
  it.each([
    "%r: float32[batch, 4] = aten::add.Tensor(self=%m, other=%h)",
    "%r: complex64[batch, 3, 8, 8] = aten::fft_fftn.default(self=%x)",
    '%r: int64[4, batch], %s: float16[4, batch] = aten::meshgrid.indexing(tensors=[%i, %h], indexing="xy")',
    "%r: float32[u0], %s: int64[batch, 4], %u: int64[0] = aten::_unique2.default(self=%m, return_inverse=True)",
    "%r: int64[u0], %s: int64[u0] = aten::where.default(condition=%k)",
    "%r: float32[batch, 2] = aten::_grouped_mm.default(self=%m, mat2=%g, offs=%i)",
    "%r: float32[7] = aten::histc.default(self=%m, bins=7)",
    "%r: complex64[batch, 3, 6, 4] = aten::fft_rfft2.default(self=%x, s=[6, 7])",
    "%r: float32[batch, 6] = aten::fft_irfft.default(self=%m)",
    "%r: complex64[batch, 3, 5, 8] = aten::fft_fft.default(self=%x, n=5, dim=2)",
    "%r: complex64[batch, 2, 2] = aten::stft.default(self=%m, n_fft=2, hop_length=2, return_complex=True)",
    "%r: float16[4] = aten::mul.Tensor(self=%h, other=2.5)",
    "%r: float32[batch] = aten::div.Tensor(self=%i, other=%i)",
    '%r: int64[batch] = aten::div.Tensor_mode(self=%i, other=%i, rounding_mode="floor")',
    "%r: float32[batch] = aten::sqrt.default(self=%i)",
    "%r: bool[batch, 4] = aten::gt.Scalar(self=%m, other=0)",
    "%r: int64[] = aten::sum.default(self=%k)",
    "%r: float32[batch, 1] = aten::mean.dim(self=%m, dim=[-1], keepdim=True)",
    "%r: float32[batch], %s: int64[batch] = aten::max.dim(self=%m, dim=1)",
    "%r: float32[batch, 2], %s: int64[batch, 2] = aten::topk.default(self=%m, k=2)",
    "%r: float32[batch, 5] = aten::matmul.default(self=%m, other=%n)",
    '%r: float32[5, batch] = aten::einsum.default(equation="ij,jk->ki", tensors=[%m, %n])',
    "%r: float32[batch, 6, 4, 4] = aten::conv2d.default(input=%x, weight=%w, stride=[2, 2], padding=[1, 1])",
    '%r: float32[batch, 6, 8, 8] = aten::conv2d.padding(input=%x, weight=%w, padding="same")',
    "%r: float32[batch, 6, 16, 16] = aten::conv_transpose2d.input(input=%x, weight=%t, stride=[2, 2])",
    "%r: float32[batch, 3, 4, 4] = aten::max_pool2d.default(self=%x, kernel_size=[3, 3], stride=[2, 2], padding=[1, 1])",
    "%r: float32[batch, 3, 16, 16] = aten::upsample_nearest2d.vec(input=%x, output_size=None, scale_factors=[2.0, 2.0])",
    "%r: float32[batch, 192] = aten::flatten.using_ints(self=%x, start_dim=1)",
    "%r: float32[2*batch, 2] = aten::view.default(self=%m, size=[-1, 2])",
    "%r: float32[batch, 3, 64] = aten::reshape.default(self=%x, shape=[{batch}, 3, -1])",
    "%r: float32[8, batch, 3, 8] = aten::permute.default(self=%x, dims=[-1, 0, 1, 2])",
    "%r: float32[batch, 2, 8, 8] = aten::slice.Tensor(self=%x, dim=1, start=1, end=9223372036854775807)",
    "%r: float32[batch, 8] = aten::cat.default(tensors=[%m, %m], dim=1)",
    "%r: float32[batch, 2, 4] = aten::stack.default(tensors=[%m, %m], dim=1)",
    "(r: float32[batch, 3], s: float32[batch, 1]) = aten::split.Tensor(self=%m, split_size=3, dim=1)",
    "%r: float32[batch, 5] = aten::embedding.default(weight=%n, indices=%i)",
    "%r: float32[u0] = aten::index.Tensor(self=%m, indices=[%k])",
    "%r: int64[u0, 2] = aten::nonzero.default(self=%k)",
    "%r: int64[4] = aten::arange.start_step(start=1, end=8, step=2)",
    "%r: int64[batch] = aten::arange.start_step(start={batch}, end=0, step=-1)",
    "%r: int64[u0] = aten::repeat_interleave.Tensor(repeats=%i)",
    "%r: float32[4] = aten::linalg_diagonal.default(A=%n)",
    "%r: float32[] = aten::logsumexp.default(self=%i, dim=[0])",
    "%r: float16[batch + 3] = aten::diff.default(self=%i, prepend=%h)",
    "%r: bool[2, 3] = aten::full.default(size=[2, 3], fill_value=True)",
    "%r: float32[4, 5] = aten::add_.Tensor(self=%n, other=%n)",
    "%r: float32[5, 4] = aten::t_.default(self=%n)",
    "%r: float32[batch, 8] = aten::hstack.default(tensors=[%m, %m])",
    "%r: float32[2*batch, 4] = aten::vstack.default(tensors=[%m, %m])",
    "(r: float32[batch, 2], s: float32[batch, 1], u: float32[batch, 1]) = aten::tensor_split.sections(self=%m, sections=3, dim=1)",
    "(r: float32[1, 5], s: float32[3, 5]) = aten::tensor_split.indices(self=%n, indices=[1])",
    "%r: float32[batch, 3], %s: float32[batch, 3] = aten::linalg_slogdet.default(A=%x)",
    "%r: float32[batch, 3, 8, 8] = aten::linalg_solve.default(A=%x, B=%x)",
    "%r: float32[batch, 3, 8, 8] = aten::linalg_solve_triangular.default(self=%x, B=%x, upper=True)",
    "%r: float32[16, 25] = aten::kron.default(self=%n, other=%n)",
    "%r: float32[batch, 5, 5] = aten::diag_embed.default(self=%m, offset=1)",
    "%r: float32[5, 3, 2] = aten::tensordot.default(self=%n, other=%g, dims_self=[0], dims_other=[1])",
    "%r: float32[batch] = aten::quantile.scalar(self=%m, q=0.5, dim=1)",
    "%r: float32[batch, 3] = aten::cumulative_trapezoid.dx(y=%m)",
    "%r: complex64[batch, 4] = aten::polar.default(abs=%m, angle=%m)",
    "%r: float32[batch] = aten::nll_loss_nd.default(self=%m, target=%i, reduction=0)",
    "%r: float32[] = aten::triplet_margin_loss.default(anchor=%m, positive=%m, negative=%m)",
    "%r: float32[batch, 1] = aten::pairwise_distance.default(x1=%m, x2=%m, keepdim=True)",
    "%r: float32[batch] = aten::digamma.default(self=%i)",
    "%r: float16[6, 2] = aten::combinations.default(self=%h)",
    "%r: float32[5, 4] = aten::rot90.default(self=%n, k=-1)",
  ])("%s", (line) => {
    const program = parseProgram(`${INPUTS}${line}\nreturn`);
    const [call] = program.graph.calls;
    const stated = new Facts(call ?? fail(), program.graph)
      .outputNames()
      .map((name) => typeText(program.graph.types.get(name ?? "")));
    expect(typesIn(program)).toEqual([stated]);
  });

  it.each([
    ["aten::view.default(self=%m, size=[3, -1])", "[batch,4] cannot always be seen as [3,-1]"],
    ["aten::add.Tensor(self=%m, other=%n)", "sizes batch and 4 meet"],
    ["aten::unbind.int(self=%m)", "it takes an axis of batch apart; a fixed size is wanted"],
    ["aten::squeeze.default(self=%m)", "its shape has an axis of batch, which may be 1"],
  ])("%s is refused: a size is never guessed", (call, message) => {
    expect(() => typesIn(parseProgram(`${INPUTS}%r: float32[1] = ${call}\nreturn`))).toThrow(message);
  });

  it("of an operator that is not known are nothing", () => {
    expect(typesIn(parseProgram(`${INPUTS}%r: float32[1] = aten::no_such.default(self=%m)\nreturn`))).toEqual(
      [[]],
    );
  });
});

function fail(): never {
  throw new Error("the line is no call");
}
