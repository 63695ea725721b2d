import { describe, expect, it } from "vitest";
import { FerryError } from "../../core/errors.ts";
import type { InputSpec } from "./input-spec.ts";
import { forwardOf, programOf } from "./testing/follow-text.ts";

const CODE = forwardOf("return torch.add(images[0], images[1])", "images: List[Tensor], limit: int=3");
const IMAGE: InputSpec = { dtype: "float32", shape: [3, "height"] };

function inputsOf(inputs: Readonly<Record<string, InputSpec>>): string[] {
  return programOf(CODE, inputs).inputs.map(({ name }) => name);
}

describe("a parameter that is a list", () => {
  it("is given element by element", () => {
    expect(inputsOf({ images_0: IMAGE, images_1: IMAGE })).toEqual(["images_0", "images_1"]);
  });

  it("is given by its name where it has one element", () => {
    const first = forwardOf("return torch.relu(images[0])", "images: List[Tensor]");
    expect(programOf(first, { images: IMAGE }).inputs.map(({ name }) => name)).toEqual(["images"]);
  });

  it("is asked for as such", () => {
    expect(() => inputsOf({})).toThrow("--input 'images_0=float32[3,224,224]'");
  });

  it("has no gaps", () => {
    expect(() => inputsOf({ images_0: IMAGE, images_2: IMAGE })).toThrow(FerryError);
    expect(() => inputsOf({ images_0: IMAGE, images_2: IMAGE })).toThrow("no parameter images_2");
  });
});
