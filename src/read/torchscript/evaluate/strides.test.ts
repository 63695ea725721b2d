import { describe, expect, it } from "vitest";
import { forwardOf, programOf } from "../testing/follow-text.ts";

describe("where values lie in memory", () => {
  const strides = (body: string) => {
    const { graph } = programOf(forwardOf(body));
    const [output] = graph.outputs;
    return output?.kind === "tensor" ? graph.strides?.get(output.value)?.map(String) : undefined;
  };

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
