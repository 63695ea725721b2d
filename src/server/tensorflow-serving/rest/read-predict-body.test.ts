import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "../../../tensor/dtype.ts";
import { columns, read, row, type Schema } from "../../testing/read-body.ts";

// TensorFlow Serving's own cases are in ../cases/json-tensor-requests.test.ts.
describe("values", () => {
  it("keeps 64 bits exactly", () => {
    const body = '{"inputs":[9223372036854775807,-9223372036854775808,-1,0,-0,4294967296,9007199254740993]}';
    expect(read({ i: "int64" }, body)).toEqual(
      columns({
        i: {
          shape: [7],
          values: [9223372036854775807n, -9223372036854775808n, -1n, 0n, 0n, 4294967296n, 9007199254740993n],
        },
      }),
    );
    expect(read({ u: "uint64" }, '{"inputs":18446744073709551615}')).toEqual(
      columns({ u: { shape: [], values: [18446744073709551615n] } }),
    );
  });

  it("wraps narrow integers and takes the first of equal keys", () => {
    expect(read({ i: "uint8" }, '{"inputs":[300,-1,7]}')).toEqual(
      columns({ i: { shape: [3], values: [44, 255, 7] } }),
    );
    expect(
      read({ i: "int32" }, '{"inputs":[1],"inputs":[2],"signature_name":"a","signature_name":"b"}'),
    ).toEqual({
      format: "columnar",
      signature: "a",
      inputs: { i: { shape: [1], values: [1] } },
    });
    expect(read({ i: "int32" }, '{"instances":[{"i":1,"i":2},{"i":3}]}')).toEqual(
      row({ i: { shape: [2], values: [1, 3] } }),
    );
  });

  it("takes an input that is called b64", () => {
    const schema: Schema = { b64: "string", z: "float32" };
    expect(read(schema, '{"instances":[{"b64":"YQ==","z":1}]}')).toEqual(
      row({ b64: { shape: [1], values: ["YQ=="] }, z: { shape: [1], values: [1] } }),
    );
    expect(read({ b64: "float32" }, '{"instances":[{"b64":[1,2]}]}')).toEqual(
      row({ b64: { shape: [1, 2], values: [1, 2] } }),
    );
  });

  it("keeps empty lists and unescapes strings", () => {
    expect(read({ x: "float32" }, '{"inputs":[[],[]]}')).toEqual(
      columns({ x: { shape: [2, 0], values: [] } }),
    );
    expect(read({ s: "string" }, '{"inputs":["\\u00e9\\ud83d\\ude00\\n\\"é"]}')).toEqual(
      columns({ s: { shape: [1], values: ['é😀\n"é'] } }),
    );
  });
});

/** Nested lists of one shape, and that shape. */
const tensors = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 0, maxLength: 4 }).chain((shape) => {
  const numbers = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
  );
  const nested = shape.reduceRight<fc.Arbitrary<unknown>>(
    (inner, size) => fc.array(inner, { minLength: size, maxLength: size }),
    numbers,
  );
  return nested.map((value) => ({ shape, value }));
});

describe("properties", () => {
  const flat = (value: unknown): number[] =>
    Array.isArray(value) ? value.flatMap(flat) : [Object.is(value, -0) ? 0 : (value as number)];

  it("reads what JSON.parse reads, wherever the body is cut", () => {
    fc.assert(
      fc.property(tensors, fc.integer({ min: 1, max: 300 }), fc.boolean(), ({ value }, piece, pretty) => {
        const body = JSON.stringify({ inputs: value }, undefined, pretty ? 1 : undefined);
        const numbers = flat(value);
        for (const dtype of ["float32", "float64"] as const) {
          const result = read({ x: dtype }, body, piece);
          const values = dtype === "float32" ? numbers.map(Math.fround) : numbers;
          expect(result).toMatchObject({ inputs: { x: { values } } });
        }
      }),
      { numRuns: 300 },
    );
  });

  it("finds the shape", () => {
    fc.assert(
      fc.property(tensors, ({ shape, value }) => {
        const wanted = shape.includes(0) ? shape.slice(0, shape.indexOf(0) + 1) : shape;
        expect(read({ x: "float32" }, JSON.stringify({ inputs: value }))).toMatchObject({
          inputs: { x: { shape: wanted } },
        });
      }),
      { numRuns: 200 },
    );
  });

  it("says the same of garbage wherever it is cut, and never throws", () => {
    const pieces = [
      '{"instances":',
      '{"inputs":',
      "[",
      "]",
      "{",
      "}",
      ",",
      ":",
      "1",
      "-0.5e3",
      "NaN",
      '"b64"',
      '"x"',
      "null",
      " ",
      "\\",
      '"',
      "\u0000",
      "01",
      "1e999",
    ];
    const garbage = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        garbage,
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom<DType>("float32", "string", "int64"),
        (parts, piece, dtype) => {
          const body = parts.join("");
          expect(read({ x: dtype }, body, piece)).toEqual(read({ x: dtype }, body));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
