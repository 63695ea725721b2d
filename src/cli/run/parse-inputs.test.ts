import { describe, expect, it } from "vitest";
import { parseInputExprs, parseInputs } from "./parse-inputs.ts";

describe("parseInputs", () => {
  it("splits at semicolons and takes the array's name out of its brackets", () => {
    expect([...parseInputs("x=a.npy;y=dir/b.npz[the name];")]).toEqual([
      ["x", { file: "a.npy", variable: undefined }],
      ["y", { file: "dir/b.npz", variable: "the name" }],
    ]);
  });

  it("takes equals signs in file names", () => {
    expect(parseInputs("x=lr=0.1.npy").get("x")?.file).toBe("lr=0.1.npy");
  });

  it.each(["x", "=a.npy", "x=", "x=a[b]c", "x=a[]", "x=a[b"])("refuses %j", (text) => {
    expect(() => parseInputs(text)).toThrow(`--inputs "${text}" format is incorrect.`);
  });
});

describe("parseInputExprs", () => {
  it("reads Python literals", () => {
    const values = parseInputExprs("x=[1.5];y='a=b'");
    expect(values.get("x")).toEqual({ type: "list", items: [{ type: "float", value: 1.5 }] });
    expect(values.get("y")).toEqual({ type: "str", value: "a=b" });
  });
});
