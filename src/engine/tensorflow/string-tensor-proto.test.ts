import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import { TensorProtoSchema } from "../../bytes/protobuf/generated/tensorflow_pb.ts";
import { stringTensorProto } from "./string-tensor-proto.ts";

it("is what the schema reads back, behind the empty bytes", async () => {
  const strings = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(strings, fc.nat(40), async (given, empty) => {
      const shape = [given.length, 1];
      const bytes = await stringTensorProto(shape, given, empty);
      expect(bytes.subarray(0, empty).every((byte) => byte === 0)).toBe(true);
      const tensor = fromBinary(TensorProtoSchema, bytes.subarray(empty));
      expect(tensor.dtype).toBe(7);
      expect(tensor.tensorShape?.dim.map((dim) => Number(dim.size))).toEqual(shape);
      expect(tensor.stringVal.map((text) => [...text])).toEqual(given.map((text) => [...text]));
    }),
  );
  const long = new Uint8Array(20_000).fill(97);
  const scalar = fromBinary(TensorProtoSchema, await stringTensorProto([], [long], 0));
  expect(scalar.tensorShape?.dim).toEqual([]);
  expect(scalar.stringVal[0]?.byteLength).toBe(20_000);
});
