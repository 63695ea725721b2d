import { describe, expect, it } from "vitest";
import { FerryError } from "../core/errors.ts";
import type { Graph } from "../graph/graph.ts";
import { inferTypes } from "../graph/infer-types.ts";
import { parseGraph, printGraph } from "../graph/text.ts";
import { typeText } from "../graph/type.ts";
import {
  channelsFirstOrder,
  channelsLastOrder,
  type InputsLayout,
  layOutInputs,
  turnedInputs,
} from "./lay-out-inputs.ts";

const TEXT = `graph main(image: float32[n, 3, h, w], volume: uint8[n, 1, 4, 5, 6], tokens: int64[n, 7]) -> (a, b, c) {
  a = Relu(image)
  b = Cast(volume) {to = 1}
  c = Neg(tokens)
}`;

function laidOut(wanted: InputsLayout, graph = parseGraph(TEXT)): Graph {
  layOutInputs(graph, wanted, "m.onnx");
  return graph;
}

const inputs = (graph: Graph) => graph.inputs.map(({ name, type }) => `${name}: ${typeText(type)}`);

describe("layOutInputs", () => {
  it("turns images and volumes, and gives the model its own order", () => {
    const graph = laidOut("nhwc");
    expect(inputs(graph)).toEqual([
      "image: float32[n, h, w, 3]",
      "volume: uint8[n, 4, 5, 6, 1]",
      "tokens: int64[n, 7]",
    ]);
    const typed = inferTypes(graph);
    expect(graph.outputs.map((output) => typeText(typed.knownType(output)))).toEqual([
      "float32[n, 3, h, w]",
      "float32[n, 1, 4, 5, 6]",
      "int64[n, 7]",
    ]);
    expect([...turnedInputs(graph)]).toEqual(["image", "volume"]);
  });

  it("turns those that are named, and all but those that are named", () => {
    expect([...turnedInputs(laidOut({ volume: "nhwc" }))]).toEqual(["volume"]);
    expect([...turnedInputs(laidOut({ "*": "nhwc", volume: "nchw" }))]).toEqual(["image"]);
    const graph = parseGraph(
      "graph main(constructor: float32[1, 2, 3, 4]) -> (y) {\n  y = Relu(constructor)\n}",
    );
    expect([...turnedInputs(laidOut("nhwc", graph))]).toEqual(["constructor"]);
  });

  it("leaves everything as it is by default, and forgets what an earlier conversion noted", () => {
    const graph = laidOut("nhwc");
    const before = printGraph(graph);
    expect(turnedInputs(laidOut("nchw", graph)).size).toBe(0);
    expect(printGraph(graph)).toBe(before);
  });

  it("says all that does not fit", () => {
    const wanted = { tokens: "nhwc", picture: "nhwc" } as const;
    const error = (() => {
      try {
        return laidOut(wanted);
      } catch (reason) {
        return reason;
      }
    })();
    if (!(error instanceof FerryError)) throw new Error("a FerryError is wanted");
    expect(error.problems.map(({ code }) => code)).toEqual(["INPUTS_LAYOUT_MISFIT", "INPUTS_LAYOUT_MISFIT"]);
    expect(error.message).toContain("it has 2 dimensions, not 4 or 5");
    expect(error.message).toContain("there is no input of this name; the inputs are image, volume, tokens");
    expect(() =>
      laidOut("nhwc", parseGraph("graph main(x: float32[2, 3]) -> (y) {\n  y = Relu(x)\n}")),
    ).toThrow("no input is an image");
  });
});

describe("orders of axes", () => {
  it("undo each other", () => {
    expect([channelsLastOrder(4), channelsFirstOrder(4)]).toEqual([
      [0, 2, 3, 1],
      [0, 3, 1, 2],
    ]);
    expect(channelsFirstOrder(5).map((axis) => channelsLastOrder(5)[axis])).toEqual([0, 1, 2, 3, 4]);
  });
});
