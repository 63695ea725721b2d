import { describe, expect, test } from "vitest";
import { inferTypes } from "../../graph/infer-types.ts";
import { parseGraph } from "../../graph/text.ts";
import { forTensorFlow } from "../for-tensorflow.ts";
import { afterRewrite, refusals } from "../testing/run-pass.ts";
import { GROUP_NORM } from "./group-norm.ts";

const graph = (change: (text: string) => string = (text) => text, outputs = "y") =>
  change(`graph g(x: float32[n, 4, 5, 6]) -> (${outputs}) {
    a: int64[3] = [0, 2, -1]
    b: int64[4] = [0, 4, 5, 6]
    one: float32[2] = [1.0, 1.0]
    zero: float32[2] = [0.0, 0.0]
    r = Reshape(x, a)
    m = InstanceNormalization(r, one, zero) {epsilon = 0.25}
    y = Reshape(m, b)
  }`);
const nodes = (lines: readonly string[]) => lines.filter((line) => /= \w+\(/.test(line));

describe("groups as channels", () => {
  test("become groups", () => {
    const lines = nodes(afterRewrite(GROUP_NORM, graph()));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^y = GroupNormalization\(x, .*\) \{epsilon = 0.25, num_groups = 2\}$/);
  });

  test.each([
    ["another scale", (text: string) => text.replace("[1.0, 1.0]", "[1.0, 2.0]")],
    ["another shape behind", (text: string) => text.replace("[0, 4, 5, 6]", "[0, 4, 6, 5]")],
    [
      "groups that do not divide the channels",
      (text: string) =>
        text
          .replace("[0, 2, -1]", "[0, 3, -1]")
          .replaceAll("float32[2]", "float32[3]")
          .replace("[1.0, 1.0]", "[1.0, 1.0, 1.0]")
          .replace("[0.0, 0.0]", "[0.0, 0.0, 0.0]"),
    ],
  ])("not with %s", (_, change) => {
    expect(nodes(afterRewrite(GROUP_NORM, graph(change))).join()).not.toContain("GroupNormalization");
  });

  test("not if somebody else reads what stands between", () => {
    expect(refusals(GROUP_NORM, graph(undefined, "y, m")).join()).toContain("used elsewhere");
  });

  test("only in TensorFlow's copy", () => {
    const typed = inferTypes(parseGraph(graph()));
    const changed = forTensorFlow(typed);
    expect(typed.graph.nodes).toHaveLength(3);
    expect(changed.graph.nodes.map((node) => node.op)).toEqual(["GroupNormalization"]);
    expect(forTensorFlow(changed)).toBe(changed);
  });
});
