import { describe, expect, it } from "vitest";
import { schemaOf } from "./schema.ts";

describe("schemaOf", () => {
  it("reads names, types and defaults", () => {
    const schema = schemaOf("aten::conv2d.padding");
    expect(
      schema?.arguments.map((argument) => `${argument.type} ${argument.name}=${argument.fallback}`),
    ).toEqual([
      "Tensor input=undefined",
      "Tensor weight=undefined",
      "Tensor? bias=None",
      "SymInt[2] stride=[1, 1]",
      'str padding="valid"',
      "SymInt[2] dilation=[1, 1]",
      "SymInt groups=1",
    ]);
    expect(schema?.returns).toBe("Tensor");
  });

  it("knows an operator without overload by `default`", () => {
    expect(schemaOf("aten::relu.default")?.target).toBe("aten::relu.default");
    expect(schemaOf("aten::relu")).toBeUndefined();
  });

  it("tells which arguments are written to", () => {
    expect(schemaOf("aten::add_.Tensor")?.arguments.map((argument) => argument.written)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("keeps the namespace of operators outside ATen", () => {
    expect(schemaOf("torchvision::nms.default")?.arguments[2]?.type).toBe("float");
    expect(schemaOf("mine::op.default")).toBeUndefined();
  });
});
