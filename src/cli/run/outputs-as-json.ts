// Outputs for scripts: `{"name": {"dtype": ..., "shape": [...], "values": [...]}}`, values flat in row-major order.
// JSON has no NaN and no infinities, so these are the strings "NaN", "Infinity" and "-Infinity"; 64-bit integers are
// numbers in full. Strings are UTF-8 where they are, else {"b64": ...}.
import type { TensorValue } from "../../engine/engine.ts";
import { byCodePoint } from "../../model/read-saved-model.ts";
import { elementsOf, isNumeric } from "../../tensor/elements.ts";

/** One line of JSON, outputs sorted by name. */
export function outputsAsJson(outputs: ReadonlyMap<string, TensorValue>): string {
  const members = [...outputs]
    .sort(([a], [b]) => byCodePoint(a, b))
    .map(([key, value]) => {
      const { dtype, shape } = value;
      const head = `"dtype":${JSON.stringify(dtype)},"shape":${JSON.stringify(shape)}`;
      return `${JSON.stringify(key)}:{${head},"values":[${values(value).join(",")}]}`;
    });
  return `{${members.join(",")}}`;
}

function values({ dtype, data, strings }: TensorValue): string[] {
  if (!isNumeric(dtype)) return (strings ?? []).map(stringValue);
  if (dtype === "bool") return Array.from(data, (byte) => (byte ? "true" : "false"));
  return Array.from(elementsOf(dtype, data) as ArrayLike<number | bigint>, (value) => {
    if (typeof value === "bigint" || Number.isFinite(value))
      return Object.is(value, -0) ? "-0" : String(value);
    return `"${value}"`;
  });
}

function stringValue(bytes: Uint8Array): string {
  try {
    return JSON.stringify(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // Not UTF-8.
    return JSON.stringify({ b64: Buffer.from(bytes).toString("base64") });
  }
}
