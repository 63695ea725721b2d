// Chunks of several tensors joined: each is filled with zeros to a multiple of the number of chunks and cut into them along
// an axis; the i-th chunks of all, flattened, stand side by side.
import { int } from "../../../graph/attribute.ts";
import { productOf } from "../../../graph/dim.ts";
import { normalAxis, Refusal } from "../argument.ts";
import type { Rule } from "../rule.ts";

export const CHUNK_CAT: Rule = {
  targets: ["aten::_chunk_cat.default"],
  emit(call) {
    const count = call.int("num_chunks");
    const types = call.typesOf("tensors");
    const parts = call.tensors("tensors").map((tensor, index) => {
      const shape = types[index]?.shape ?? [];
      const axis = normalAxis(call.int("dim"), shape.length);
      const size = shape[axis];
      if (typeof size !== "number") throw new Refusal(`it cuts ${size} rows; a fixed number is wanted`);
      const each = Math.ceil(size / count);
      const ends = shape.map((_, at) => (at === axis ? each * count - size : 0));
      const filled =
        each * count === size
          ? tensor
          : call.op("Pad", [tensor, call.builder.int64s([...ends.map(() => 0), ...ends])]);
      const [lead, rest] = [shape.slice(0, axis), shape.slice(axis + 1)];
      const whole = [...lead, each * count, ...rest];
      return call.reshape(filled, whole, [...lead, count, productOf([each, ...rest])]);
    });
    return call.op("Concat", parts, { axis: int(-1) });
  },
};
