// Pickles of every protocol against the values they were made from, and hostile ones.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PICKLE_LIMITS, readPickle } from "./read-pickle.ts";
import { entriesOf, entryOf, isNamed, isRecord, itemsOf, type PickleValue } from "./values.ts";

const FIXTURES: Record<string, string> = JSON.parse(
  readFileSync(new URL("pickle.fixtures.json", import.meta.url), "utf8"),
);
const bytes = (name: string): Uint8Array => Uint8Array.from(Buffer.from(FIXTURES[name] ?? "", "base64"));

function read(name: string): PickleValue {
  const pickle = readPickle(bytes(name));
  if (typeof pickle === "string") throw new Error(`${name}: ${pickle}`);
  expect(pickle.end).toBe(bytes(name).byteLength);
  return pickle.value;
}

describe.each([0, 1, 2, 3, 4, 5])("protocol %i", (protocol) => {
  const value = (name: string) => read(`${name} ${protocol}`);

  it("reads constants and texts", () => {
    const numbers = [0, -1, 255, 65536, -(2 ** 31), 2 ** 40, 2n ** 70n, -(2n ** 70n), 1.5];
    expect(itemsOf(value("constants"))).toEqual([null, true, false, ...numbers, Number.POSITIVE_INFINITY]);
    expect(itemsOf(value("texts"))).toEqual(["", "a", "é日本", "x".repeat(300)]);
  });

  it("reads nested containers, and shares what is shared", () => {
    const nested = value("nested");
    const [one, tuple, dict] = itemsOf(entryOf(nested, "a")) ?? [];
    expect([one, itemsOf(tuple), entriesOf(dict)]).toEqual([1, [2, 3, 4, 5], []]);
    expect(itemsOf(entryOf(entryOf(nested, "b"), "c"))).toEqual([]);
    const [first, second] = itemsOf(value("shared")) ?? [];
    expect(first).toBe(second);
  });

  it("keeps calls as names and arguments", () => {
    expect(entriesOf(value("ordered"))).toEqual([
      ["x", 1],
      ["y", 2],
    ]);
    const date = value("object");
    if (!isRecord(date) || date.kind !== "object") throw new Error("no object");
    expect(isNamed(date.callee, "datetime.date")).toBe(true);
    expect(isNamed(value("class"), "collections.OrderedDict")).toBe(true);
  });
});

describe("readPickle", () => {
  it("reads bytes and sets", () => {
    expect(read("bytes 4")).toEqual(Uint8Array.of(0, 255));
    expect(read("set 4")).toEqual({ kind: "set", items: [1] });
  });

  it.each([
    ["a pickle that ends early", "4e", "it ends"],
    ["an opcode of no protocol", "ff", "the opcode 0xff at byte 0"],
    ["a later protocol", "8006", "protocol 6"],
    ["an empty stack", "2e", "nothing on its stack"],
    ["a list without a mark", "5d652e", "no mark"],
    ["a memo entry that is not there", "68052e", "no memo entry 5"],
    ["entries for a number", "4b014b024b03732e", "entries for no dict"],
    ["an endless integer", "8bffffff7f", "an integer of 2147483647 bytes"],
  ])("refuses %s", (_, hex, message) => {
    expect(readPickle(Uint8Array.from(Buffer.from(hex, "hex")))).toContain(message);
  });

  it("bounds operations, stack and memo", () => {
    const nones = Uint8Array.from(Buffer.from(`${"4e".repeat(50)}2e`, "hex"));
    expect(readPickle(nones, 0, { ...PICKLE_LIMITS, maxOps: 10 })).toContain("over 10 operations");
    expect(readPickle(nones, 0, { ...PICKLE_LIMITS, maxStack: 10 })).toContain("over 10 values");
    const memo = Uint8Array.from(Buffer.from(`4e${"94".repeat(50)}2e`, "hex"));
    expect(readPickle(memo, 0, { ...PICKLE_LIMITS, maxMemo: 10 })).toContain("over 10 memo entries");
  });
});
