// BitCast: the same bits under another dtype of the same width. Source: https://onnx.ai/onnx/operators/onnx__BitCast.html
import { BYTES_PER_ELEMENT, type DType } from "../../../tensor/dtype.ts";
import { ELEMENTWISE, type LoweringRule } from "../rule.ts";

/** TensorFlow's Bitcast takes neither; a bool's byte is its number. */
const WITHOUT_BITCAST: ReadonlySet<DType> = new Set(["bool", "string", "float8_e4m3fnuz", "float8_e5m2fnuz"]);
const BYTES: ReadonlySet<DType> = new Set(["uint8", "int8"]);

export const bitCast: LoweringRule = {
  op: "BitCast",
  since: 26,
  layout: { ...ELEMENTWISE, data: "first" },
  limits: "types of one width, or bool as a byte; not strings",
  refuse(facts) {
    const [from, to] = [facts.dtype(0), facts.outputType().dtype];
    if (from === to || (from === "bool" && BYTES.has(to))) return undefined;
    if (BYTES_PER_ELEMENT[from] !== BYTES_PER_ELEMENT[to]) return `${from} and ${to} differ in width`;
    const without = [from, to].find((dtype) => WITHOUT_BITCAST.has(dtype));
    return without && `TensorFlow cannot take the bits of ${without}`;
  },
  emit(node) {
    const [from, to] = [node.dtype(0), node.outputType().dtype];
    if (from === to) return node.data();
    return from === "bool" ? node.cast(node.data(), to) : node.op("Bitcast", [node.data()], { type: to });
  },
};
