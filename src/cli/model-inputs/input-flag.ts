// `--input name=float32[batch,3,224,224]`: what an input of a TorchScript model is, for files that do not tell.
// A size that is a name is free; two inputs with one name have the same size. `name=3` builds a value into the model.
import { InvalidArgumentError } from "commander";
import type { InputSpec } from "../../read/torchscript/input-spec.ts";
import { BYTES_PER_ELEMENT, type DType } from "../../tensor/dtype.ts";

export type InputSpecs = Readonly<Record<string, InputSpec>>;

export const INPUT_FLAG = "--input <name=type[sizes]>";
export const INPUT_FLAG_TEXT =
  "what an input of a TorchScript model is: image=float32[batch,3,224,224], or a value: rate=16000; may be repeated";

/** Reads one flag and adds it to those before. Throws InvalidArgumentError. */
export function collectInput(text: string, before: InputSpecs = {}): InputSpecs {
  const [, name = "", spec = ""] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  const parsed = name === "" ? undefined : parseSpec(spec.trim());
  if (!parsed)
    throw new InvalidArgumentError("NAME=TYPE[SIZES] is wanted, such as image=float32[batch,3,224,224].");
  return { ...before, [name.trim()]: parsed };
}

/** The flags that would be read as these, for another process. */
export function inputArguments(specs: InputSpecs): readonly string[] {
  return Object.entries(specs).flatMap(([name, spec]) => [
    "--input",
    "value" in spec ? `${name}=${printValue(spec.value)}` : `${name}=${spec.dtype}[${spec.shape.join(",")}]`,
  ]);
}

/** As Python writes it. */
function printValue(value: number | boolean | string): string {
  if (typeof value !== "boolean") return String(value);
  return value ? "True" : "False";
}

function parseSpec(text: string): InputSpec | undefined {
  const [, dtype = "", sizes = ""] = /^(\w+)\[([^\]]*)\]$/.exec(text) ?? [];
  if (dtype !== "") {
    const shape = sizes.trim() === "" ? [] : sizes.split(",").map((size) => parseSize(size.trim()));
    const isWhole = shape.every((size): size is number | string => size !== undefined);
    return dtype in BYTES_PER_ELEMENT && isWhole ? { dtype: dtype as DType, shape } : undefined; // it is in the table
  }
  if (text === "True" || text === "False") return { value: text === "True" };
  const number = Number(text);
  return Number.isFinite(number) ? { value: number } : undefined;
}

function parseSize(text: string): number | string | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  return /^[A-Za-z_]\w*$/.test(text) ? text : undefined;
}
