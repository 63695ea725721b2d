// torch.export cannot export packing, so these programs are written by hand; what PyTorch gives is told by its documentation.
import ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { encodeOnnx } from "../../../write/onnx/encode-graph.ts";
import { lowerAten } from "../lower.ts";
import { parseProgram } from "../text/parse-program.ts";

const PACKED = `
  input x: float32[2, 3, 1]
  input lengths: int64[2]
  %data: float32[n, 1], %sizes: int64[t] = aten::_pack_padded_sequence.default(input=%x, lengths=%lengths, batch_first=True)
`;

async function run(text: string): Promise<number[][]> {
  const session = await ort.InferenceSession.create(
    encodeOnnx(lowerAten(parseProgram(text)), () => undefined),
  );
  const feeds = {
    x: new ort.Tensor("float32", Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3, 1]),
    lengths: new ort.Tensor("int64", BigInt64Array.of(3n, 1n), [2]),
  };
  const results = await session.run(feeds);
  return session.outputNames.map((name) => Array.from(results[name]?.data as Float32Array, Number)); // it is an output
}

describe("packed sequences", () => {
  it("hold step after step what the sequences still have", async () => {
    expect(await run(`${PACKED}return data=%data, sizes=%sizes`)).toEqual([
      [1, 4, 2, 3],
      [2, 1, 1],
    ]);
  });

  it("are padded again", async () => {
    const text = `${PACKED}
      %padded: float32[b, t, 1], %found: int64[b] = aten::_pad_packed_sequence.default(data=%data, batch_sizes=%sizes, batch_first=True, padding_value=-1.0, total_length={t})
      return padded=%padded, found=%found`;
    expect(await run(text)).toEqual([
      [1, 2, 3, 4, -1, -1],
      [3, 1],
    ]);
  });

  it("run through a layer that stops where each sequence ends", async () => {
    const text = `${PACKED}
      weight w w: float32[1, 1] = [1]
      weight start start: float32[1, 2, 1] = [0, 0]
      %all: float32[n, 1], %last: float32[1, 2, 1] = aten::rnn_relu.data(data=%data, batch_sizes=%sizes, hx=%start, params=[%w, %w], has_biases=False, num_layers=1, dropout=0.0, train=False, bidirectional=False)
      return all=%all, last=%last`;
    expect(await run(text)).toEqual([
      [1, 4, 3, 6],
      [6, 4],
    ]);
  });
});
