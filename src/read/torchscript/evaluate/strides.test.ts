import { describe, expect, it } from "vitest";
import { functionalize } from "../../aten/functionalize.ts";
import { follow, forwardOf, programOf } from "../testing/follow-text.ts";

const strides = (body: string) => {
  const { graph } = programOf(forwardOf(body));
  const [output] = graph.outputs;
  return output?.kind === "tensor" ? graph.strides?.get(output.value)?.map(String) : undefined;
};

describe("where values lie in memory", () => {
  it("is known of views of views", () => {
    const turned = "t = torch.transpose(torch.unsqueeze(x, 1), 0, 2)\n";
    expect(strides(`${turned}return t`)).toEqual(["1", "3", "3"]);
    expect(strides(`${turned}return torch.view(t, [3, -1])`)).toEqual(["1", "3"]);
    expect(strides("return torch.expand(torch.select(x, 0, 0), [4, 3])")).toEqual(["0", "1"]);
  });

  it("is not that of the argument because the shape is", () => {
    expect(strides("return torch.swapaxes(torch.zeros([3, 3]), 0, 1)")).toEqual(["1", "3"]);
    expect(strides("return torch.movedim(torch.zeros([3, 3]), 0, 1)")).toEqual(["1", "3"]);
  });

  it("is in order for what linear makes of anything", () => {
    expect(strides("return torch.linear(torch.t(x), torch.zeros([5, torch.size(x, 0)]))")).toEqual([
      "5",
      "1",
    ]);
  });

  it("follows the arguments' axes for functions of each element", () => {
    expect(strides("return torch.relu(torch.t(x))")).toEqual(["1", "3"]);
    expect(strides("return torch.relu(torch.slice(x, 1, 0, 2))")).toEqual(["2", "1"]);
    expect(strides("return torch.add(torch.t(x), torch.zeros([3, 1]))")).toBeUndefined();
  });
});

describe("pictures whose channels lie innermost", () => {
  const PICTURE = "y = torch.view(torch.zeros([24]), [1, 2, 3, 4])\n";

  it("are copies where they did not lie so, and are seen as they lie", () => {
    expect(strides(`${PICTURE}return torch.contiguous(y, memory_format=2)`)).toEqual(["24", "1", "8", "2"]);
    expect(strides(`${PICTURE}return torch.clone(y, memory_format=2)`)).toEqual(["24", "1", "8", "2"]);
    expect(strides(`${PICTURE}return torch.clone(y, memory_format=1)`)).toEqual(["24", "12", "4", "1"]);
    const last = `${PICTURE}z = torch.contiguous(y, memory_format=2)\n`;
    expect(strides(`${last}return torch.contiguous(z)`)).toEqual(["24", "12", "4", "1"]);
  });

  it("are written into apart from what they were copied from", () => {
    const body = (name: string) =>
      follow(
        `${PICTURE}z = torch.contiguous(y, memory_format=2)\n_0 = torch.add_(z, 1)\nreturn torch.relu(${name})`,
      );
    expect(body("y").at(-1)).toBe("aten::relu.default float32[1, 2, 3, 4]");
    const lowered = (name: string) => {
      const { graph } = programOf(
        forwardOf(
          `${PICTURE}z = torch.contiguous(y, memory_format=2)\n_0 = torch.add_(z, 1)\nreturn ${name}`,
        ),
      );
      return functionalize(graph, "model.pt").graph.outputs[0];
    };
    expect(lowered("y")).toEqual({ kind: "tensor", value: "view_1" });
  });

  it("may be what a convolution makes if its input or its weight may lie so", () => {
    const conv = (weight: string) =>
      `${PICTURE}return torch.conv2d(y, ${weight}, None, [1, 1], [0, 0], [1, 1], 1)`;
    expect(strides(conv("torch.zeros([5, 2, 1, 1])"))).toEqual(["60", "12", "4", "1"]);
    expect(strides(conv("torch.permute(torch.zeros([5, 1, 1, 2]), [0, 3, 1, 2])"))).toBeUndefined();
  });
});

describe("windows of a sequence", () => {
  it("lie in memory as the heads of a batch do that were joined without moving them", () => {
    const body = `
weight = torch.zeros([8, 3])
s = torch.linear(torch.transpose(torch.view(torch.zeros([24]), [2, 4, 3]), 0, 1), weight)
h = torch.transpose(torch.transpose(torch.view(s, [4, 2, 2, 4]), 0, 1), 1, 2)
return torch.view(torch.reshape(h, [4, 4, 4]), [4, 2, 2, 4])`;
    expect(strides(body.trim())).toEqual(["4", "32", "16", "1"]);
  });
});
