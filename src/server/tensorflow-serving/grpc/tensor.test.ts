import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TensorProtoSchema } from "../../../bytes/protobuf/generated/tensorflow_pb.ts";
import { tensorflowNumber } from "../../../bytes/protobuf/tensorflow-dtypes.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import { BYTES_PER_ELEMENT, type DType } from "../../../tensor/dtype.ts";
import { WireError, WireReader } from "../../grpc/wire.ts";
import { decodeTensor } from "./decode-tensor.ts";
import { encodeTensor, encodeTensorContent } from "./encode-tensor.ts";

function run<T>(work: Generator<unknown, T>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

const decodeBytes = (bytes: Uint8Array): TensorValue | undefined => run(decodeTensor(new WireReader(bytes)));
const encode = (tensor: TensorValue): Uint8Array => new Uint8Array(Buffer.concat(run(encodeTensor(tensor))));
type Fields = MessageInitShape<typeof TensorProtoSchema>;
const decode = (dtype: DType, shape: readonly number[], fields: Fields) => {
  const tensorShape = { dim: shape.map((size) => ({ size: BigInt(size) })) };
  const proto = create(TensorProtoSchema, {
    ...fields,
    dtype: tensorflowNumber(dtype),
    tensorShape,
  } as Fields);
  return decodeBytes(toBinary(TensorProtoSchema, proto));
};
const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

// What TensorFlow 2.21's Tensor::FromProto makes of them.
describe("typed fields", () => {
  it.each<[string, DType, number[], Fields, ArrayBufferView]>([
    ["all values", "float32", [2], { floatVal: [1.5, -2] }, Float32Array.of(1.5, -2)],
    ["the last is repeated", "float32", [4], { floatVal: [1, 2] }, Float32Array.of(1, 2, 2, 2)],
    ["one for all", "float64", [2, 2], { doubleVal: [7] }, Float64Array.of(7, 7, 7, 7)],
    ["more are ignored", "float32", [2], { floatVal: [1, 2, 3] }, Float32Array.of(1, 2)],
    ["none is zeros", "int32", [3], {}, Int32Array.of(0, 0, 0)],
    ["the wrong field is zeros", "float32", [2], { intVal: [7, 7] }, Float32Array.of(0, 0)],
    ["no dimensions is a scalar", "int32", [], { intVal: [-5] }, Int32Array.of(-5)],
    ["narrowed silently", "uint8", [2], { intVal: [300, 7] }, Uint8Array.of(44, 7)],
    ["negative and narrow", "int8", [2], { intVal: [-1, 5] }, Int8Array.of(-1, 5)],
    ["int16", "int16", [3], { intVal: [-300, 300, 1] }, Int16Array.of(-300, 300, 1)],
    ["int64", "int64", [3], { int64Val: [-1n, 2n ** 62n, 5n] }, BigInt64Array.of(-1n, 2n ** 62n, 5n)],
    ["uint64", "uint64", [2], { uint64Val: [2n ** 64n - 1n, 3n] }, BigUint64Array.of(2n ** 64n - 1n, 3n)],
    ["uint32", "uint32", [2], { uint32Val: [2 ** 32 - 1] }, Uint32Array.of(2 ** 32 - 1, 2 ** 32 - 1)],
    ["bool", "bool", [3], { boolVal: [true, false] }, Uint8Array.of(1, 0, 0)],
    ["half", "float16", [2], { halfVal: [15872] }, Uint16Array.of(15872, 15872)],
    ["bfloat16", "bfloat16", [1], { halfVal: [16320] }, Uint16Array.of(16320)],
    ["complex64", "complex64", [2], { scomplexVal: [1, 2] }, Float32Array.of(1, 2, 1, 2)],
    ["no elements", "float32", [0, 3], {}, new Float32Array(0)],
  ])("%s", (_what, dtype, shape, fields, wanted) => {
    expect(decode(dtype, shape, fields)).toEqual({ dtype, shape, data: bytesOf(wanted) });
  });

  it("repeats the last string", () => {
    const stringVal = [Buffer.from("a"), Buffer.from("bc")];
    const tensor = decode("string", [3], { stringVal });
    expect(tensor?.strings?.map(String)).toEqual(
      [...stringVal, Buffer.from("bc")].map((text) => String(new Uint8Array(text))),
    );
  });

  it("does not look at unknown_rank, nor at the values of no elements", () => {
    const unknownRank = create(TensorProtoSchema, {
      dtype: 1,
      tensorShape: { unknownRank: true },
      floatVal: [2],
    });
    expect(decodeBytes(toBinary(TensorProtoSchema, unknownRank))).toMatchObject({ shape: [] });
    const tensorContent = new Uint8Array(7);
    expect(decode("float32", [0, 2], { tensorContent })).toMatchObject({
      shape: [0, 2],
      data: new Uint8Array(0),
    });
    expect(decode("string", [0], { tensorContent })).toMatchObject({ shape: [0], strings: [] });
  });

  it("takes values that are not packed", () => {
    const float = Buffer.from([8, 1, 18, 4, 18, 2, 8, 2, 45, 0, 0, 128, 63, 45, 0, 0, 0, 64]);
    expect(decodeBytes(float)?.data).toEqual(bytesOf(Float32Array.of(1, 2)));
    const int = Buffer.from([8, 3, 18, 4, 18, 2, 8, 2, 56, 7, 56, 8]);
    expect(decodeBytes(int)?.data).toEqual(bytesOf(Int32Array.of(7, 8)));
  });
});

describe("tensor_content", () => {
  it("wins over typed fields, and is used where it lies", () => {
    const tensorContent = bytesOf(Float32Array.of(3, 4));
    const tensor = decode("float32", [2], { tensorContent, floatVal: [9, 9] });
    expect(tensor?.data).toEqual(tensorContent);
    expect(tensor?.data.buffer.byteLength).toBeGreaterThan(8);
  });

  it("must have the right length", () => {
    expect(decode("float32", [2], { tensorContent: new Uint8Array(7) })).toBeUndefined();
    expect(decode("float32", [2], { tensorContent: new Uint8Array(9) })).toBeUndefined();
  });

  it("of strings is lengths, then bytes", () => {
    const tensor = decode("string", [2], { tensorContent: Buffer.from("\x01\x02abc") });
    expect(tensor?.strings?.map((text) => Buffer.from(text).toString())).toEqual(["a", "bc"]);
    expect(decode("string", [2], { tensorContent: Buffer.from("\x01\x02ab") })).toBeUndefined();
    expect(decode("string", [2], { tensorContent: Buffer.from("\x01\x02abcd") })).toBeUndefined();
    expect(decode("string", [2], { tensorContent: Buffer.from("\x01") })).toBeUndefined();
  });
});

describe("what TensorFlow cannot parse", () => {
  it("has no dtype, an open shape or too many elements", () => {
    expect(decodeBytes(Buffer.from([18, 0]))).toBeUndefined();
    expect(decode("float32", [-1], { floatVal: [1] })).toBeUndefined();
    expect(decode("float32", [2 ** 31, 2 ** 31], { floatVal: [1] })).toBeUndefined();
    expect(decode("float32", [2 ** 30, 4], { floatVal: [1] })).toBeUndefined();
    expect(decode("float32", new Array(300).fill(1), { floatVal: [1] })).toBeUndefined();
  });

  it("has bools that are neither", () => {
    expect(decode("bool", [2], { tensorContent: Uint8Array.of(0, 2) })).toBeUndefined();
    expect(decode("bool", [2], { tensorContent: Uint8Array.of(1, 0) })?.data).toEqual(Uint8Array.of(1, 0));
  });

  it("has a field 0", () => {
    expect(() => decodeBytes(Buffer.from([8, 1, 0, 0, 45, 0, 0, 128, 63]))).toThrow(WireError);
  });

  it("or is cut off", () => {
    const proto = create(TensorProtoSchema, {
      dtype: 1,
      tensorShape: { dim: [{ size: 2n }] },
      floatVal: [1, 2],
    });
    const bytes = toBinary(TensorProtoSchema, proto);
    for (let length = 1; length < bytes.length; length++) {
      try {
        decodeBytes(bytes.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }
  });
});

const DTYPES = Object.keys(BYTES_PER_ELEMENT).filter((dtype) => dtype !== "string") as DType[];
const tensors: fc.Arbitrary<TensorValue> = fc
  .tuple(fc.constantFrom(...DTYPES), fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }))
  .chain(([dtype, shape]) => {
    const size = shape.reduce((product, dim) => product * dim, 1) * BYTES_PER_ELEMENT[dtype];
    const data = fc.uint8Array({ minLength: size, maxLength: size });
    return data.map((bytes) => ({
      dtype,
      shape,
      data: dtype === "bool" ? bytes.map((byte) => byte & 1) : bytes,
    }));
  });

describe("encoding", () => {
  it("decodes to what it was", () => {
    fc.assert(
      fc.property(tensors, (tensor) => {
        expect(decodeBytes(encode(tensor))).toEqual(tensor);
      }),
      { numRuns: 500 },
    );
  });

  it("is read alike by the library", () => {
    const read = (tensor: TensorValue) => fromBinary(TensorProtoSchema, encode(tensor));
    const int64 = BigInt64Array.of(-1n, 2n ** 40n, 7n, -(2n ** 63n));
    expect(read({ dtype: "int64", shape: [4], data: bytesOf(int64) }).int64Val).toEqual([...int64]);
    const int32 = Int32Array.of(-1, 2 ** 30, 0);
    expect(read({ dtype: "int32", shape: [3], data: bytesOf(int32) }).intVal).toEqual([...int32]);
    const float32 = Float32Array.of(1.5, -0, 3);
    const proto = read({ dtype: "float32", shape: [3, 0, 1], data: bytesOf(float32) });
    expect(proto.floatVal).toEqual([...float32]);
    expect(proto.tensorShape?.dim.map((dim) => Number(dim.size))).toEqual([3, 0, 1]);
    const strings = [Buffer.from("a"), Buffer.from([0xff, 0])];
    const text = read({ dtype: "string", shape: [2], data: new Uint8Array(0), strings });
    expect(text.stringVal.map((one) => [...one])).toEqual(strings.map((one) => [...one]));
  });

  it("of many varints takes turns", () => {
    const data = bytesOf(Int32Array.from({ length: 40_000 }, (_, index) => index - 20_000));
    const tensor: TensorValue = { dtype: "int32", shape: [40_000], data };
    const steps = encodeTensor(tensor);
    let turns = 0;
    while (!steps.next().done) turns++;
    expect(turns).toBeGreaterThanOrEqual(4);
    expect(decodeBytes(encode(tensor))?.data).toEqual(data);
  });

  it("does not copy floats", () => {
    const data = bytesOf(new Float32Array(1000));
    expect(run(encodeTensor({ dtype: "float32", shape: [1000], data })).at(-1)).toBe(data);
  });
});

describe("tensor_content as an answer", () => {
  const content = (tensor: TensorValue) => {
    const bytes = new Uint8Array(Buffer.concat(encodeTensorContent(tensor)));
    return { proto: fromBinary(TensorProtoSchema, bytes), again: decodeBytes(bytes) };
  };

  it("holds the tensor's own bytes, and reads back", () => {
    const data = bytesOf(Float32Array.of(1.5, -2));
    const tensor: TensorValue = { dtype: "float32", shape: [2], data };
    const { proto, again } = content(tensor);
    expect([proto.floatVal, Buffer.from(proto.tensorContent)]).toEqual([[], Buffer.from(data)]);
    expect(again).toEqual({ ...tensor, data: new Uint8Array(data) });
  });

  it("holds strings with their lengths in front", () => {
    const strings = [Buffer.from("a"), Buffer.from("bc")];
    const { proto, again } = content({ dtype: "string", shape: [2], data: new Uint8Array(0), strings });
    expect(Buffer.from(proto.tensorContent).toString("latin1")).toBe("\x01\x02abc");
    expect(again?.strings?.map((text) => Buffer.from(text).toString())).toEqual(["a", "bc"]);
  });

  it("is left out where there is nothing", () => {
    expect(content({ dtype: "int64", shape: [0, 2], data: new Uint8Array(0) }).again?.shape).toEqual([0, 2]);
  });
});
