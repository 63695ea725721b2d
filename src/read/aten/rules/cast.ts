// Changes of dtype. The declared dtype of the result says all; devices, layouts and memory formats mean nothing here.
import { isComplex } from "../../../tensor/dtype.ts";
import { realDType } from "../call.ts";
import { asComplex, realPart } from "../complex-pair.ts";
import type { Rule } from "../rule.ts";

const TARGETS = [
  "to.dtype",
  "to.dtype_layout",
  "to.device",
  "to.other",
  "to.prim_Device",
  "to.prim_dtype",
  "to.prim_other",
  "_to_copy.default",
  "type_as.default",
  "_to_cpu.default",
  "_autocast_to_full_precision.default",
  "_autocast_to_reduced_precision.default",
  "_cast_Float.default",
  "_cast_Double.default",
  "_cast_Half.default",
  "_cast_Int.default",
  "_cast_Long.default",
  "_cast_Short.default",
  "_cast_Char.default",
  "_cast_Byte.default",
];

export const CAST: Rule = {
  targets: TARGETS.map((target) => `aten::${target}`),
  complex: true,
  emit(call) {
    const [from, to] = [call.dtypeOf("self"), call.result().dtype];
    if (isComplex(from)) {
      const parts = isComplex(to) ? call.tensor("self") : realPart(call, call.tensor("self"));
      return call.cast(parts, realDType(from), realDType(to));
    }
    if (!isComplex(to)) return call.as("self", to);
    return asComplex(call, call.as("self", realDType(to)), realDType(to));
  },
};

export const CONVERT: Rule = {
  targets: ["prims::convert_element_type.default", "prims::device_put.default"],
  emit: (call) => call.as("a", call.result().dtype),
};
