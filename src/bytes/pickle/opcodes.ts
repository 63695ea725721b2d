// The opcodes of pickle protocols 0 to 5, one line each. Extension registries (EXT1, EXT2, EXT4) and out-of-band buffers
// are left out: nothing on disk has them.
// Source: https://github.com/python/cpython/blob/main/Lib/pickletools.py
import { BrokenPickle, longOf, plainInteger } from "./cursor.ts";
import { type PickleMachine, pairs } from "./machine.ts";
import type { PickleValue } from "./values.ts";

type Run = (machine: PickleMachine) => void;

/** By opcode; STOP and PROTO are the loop's own. */
export const OPCODES: ReadonlyMap<number, Run> = new Map<number, Run>([
  // Constants
  [0x4e, (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  [0x49, (m) => m.push(intOfLine(m.cursor.line()))],
  [0x4a, (m) => m.push(m.cursor.int32())],
  [0x4b, (m) => m.push(m.cursor.uint8())],
  [0x4d, (m) => m.push(m.cursor.uint16())],
  [0x4c, (m) => m.push(longOfLine(m.cursor.line(), m.limits.maxLongBytes))],
  [0x8a, (m) => m.push(longBytes(m, m.cursor.uint8()))],
  [0x8b, (m) => m.push(longBytes(m, m.cursor.int32()))],
  [0x46, (m) => m.push(floatOfLine(m.cursor.line()))],
  [0x47, (m) => m.push(m.cursor.float64())],
  [0x53, (m) => m.push(m.cursor.line().replace(/^['"]|['"]$/g, ""))],
  [0x54, (m) => m.push(m.cursor.text(m.cursor.int32()))],
  [0x55, (m) => m.push(m.cursor.text(m.cursor.uint8()))],
  [0x42, (m) => m.push(m.cursor.take(m.cursor.uint32()))],
  [0x43, (m) => m.push(m.cursor.take(m.cursor.uint8()))],
  [0x8e, (m) => m.push(m.cursor.take(m.cursor.uint64()))],
  [0x96, (m) => m.push(m.cursor.take(m.cursor.uint64()))],
  [0x56, (m) => m.push(rawUnicodeEscape(m.cursor.line("latin1")))],
  [0x58, (m) => m.push(m.cursor.text(m.cursor.uint32()))],
  [0x8c, (m) => m.push(m.cursor.text(m.cursor.uint8()))],
  [0x8d, (m) => m.push(m.cursor.text(m.cursor.uint64()))],
  // Lists, tuples, dicts, sets
  [0x5d, (m) => m.push({ kind: "list", items: [] })],
  [0x61, (m) => m.append([m.pop()])],
  [0x65, (m) => m.append(m.popMark())],
  [0x6c, (m) => m.push({ kind: "list", items: m.popMark() })],
  [0x29, (m) => m.push({ kind: "tuple", items: [] })],
  [0x74, (m) => m.push({ kind: "tuple", items: m.popMark() })],
  [0x85, (m) => tuple(m, 1)],
  [0x86, (m) => tuple(m, 2)],
  [0x87, (m) => tuple(m, 3)],
  [0x7d, (m) => m.push({ kind: "dict", entries: [] })],
  [0x64, (m) => m.push({ kind: "dict", entries: pairs(m.popMark()) })],
  [0x73, (m) => m.setItems([m.pop(), m.pop()].reverse())],
  [0x75, (m) => m.setItems(m.popMark())],
  [0x8f, (m) => m.push({ kind: "set", items: [] })],
  [0x90, (m) => m.append(m.popMark())],
  [0x91, (m) => m.push({ kind: "set", items: m.popMark() })],
  // Stack and memo
  [0x28, (m) => m.mark()],
  [0x30, (m) => void m.pop()],
  [0x31, (m) => void m.popMark()],
  [0x32, (m) => m.push(m.top())],
  [0x67, (m) => m.get(Number(m.cursor.line()))],
  [0x68, (m) => m.get(m.cursor.uint8())],
  [0x6a, (m) => m.get(m.cursor.uint32())],
  [0x70, (m) => m.put(Number(m.cursor.line()))],
  [0x71, (m) => m.put(m.cursor.uint8())],
  [0x72, (m) => m.put(m.cursor.uint32())],
  [0x94, (m) => m.memoize()],
  [0x95, (m) => void m.cursor.uint64()], // FRAME: a length that only streams need
  // Names and what calls would make
  [0x63, (m) => m.push({ kind: "global", module: m.cursor.line(), name: m.cursor.line() })],
  [0x93, stackGlobal],
  [0x52, call],
  [0x81, call],
  [0x92, (m) => callWithKeywords(m)],
  [0x69, (m) => instance(m, { kind: "global", module: m.cursor.line(), name: m.cursor.line() }, m.popMark())],
  [0x6f, oldObject],
  [0x62, (m) => m.build()],
  [0x50, (m) => m.push({ kind: "persistent", id: m.cursor.line() })],
  [0x51, (m) => m.push({ kind: "persistent", id: m.pop() })],
]);

function intOfLine(line: string): PickleValue {
  if (line === "00" || line === "01") return line === "01"; // how protocol 0 writes booleans
  return Number(line);
}

function floatOfLine(line: string): number {
  if (line === "inf" || line === "-inf")
    return line === "inf" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return Number(line);
}

/** Python's codec of that name: Latin-1, with later characters as \\uXXXX or \\UXXXXXXXX. */
function rawUnicodeEscape(line: string): string {
  return line.replace(/\\u([0-9a-f]{4})|\\U(00[01][0-9a-f]{5})/gi, (whole, short?: string, long?: string) => {
    const point = Number.parseInt(short ?? long ?? "", 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

function longOfLine(line: string, maxBytes: number): PickleValue {
  const digits = line.replace(/L$/, "");
  if (!/^-?\d+$/.test(digits) || digits.length > maxBytes * 3)
    throw new BrokenPickle(`the integer ${digits.slice(0, 40)}`);
  return plainInteger(BigInt(digits));
}

function longBytes(machine: PickleMachine, length: number): number | bigint {
  if (length > machine.limits.maxLongBytes) throw new BrokenPickle(`an integer of ${length} bytes`);
  return longOf(machine.cursor.take(length));
}

function tuple(machine: PickleMachine, length: number): void {
  const items = Array.from({ length }, () => machine.pop()).reverse();
  machine.push({ kind: "tuple", items });
}

function stackGlobal(machine: PickleMachine): void {
  const name = machine.pop();
  const module = machine.pop();
  if (typeof name !== "string" || typeof module !== "string")
    throw new BrokenPickle("a class without a name");
  machine.push({ kind: "global", module, name });
}

function call(machine: PickleMachine): void {
  const args = machine.pop();
  machine.object(machine.pop(), args);
}

function callWithKeywords(machine: PickleMachine): void {
  const keywords = machine.pop();
  const args = machine.pop();
  machine.object(machine.pop(), { kind: "tuple", items: [args, keywords] });
}

function instance(machine: PickleMachine, callee: PickleValue, items: PickleValue[]): void {
  machine.object(callee, { kind: "tuple", items });
}

function oldObject(machine: PickleMachine): void {
  const [callee = null, ...items] = machine.popMark();
  instance(machine, callee, items);
}
