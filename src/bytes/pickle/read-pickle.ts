// Reads a pickle as data. Nothing is executed or imported: a class is a name, a call is its arguments.
// Format: https://docs.python.org/3/library/pickle.html
// Invariant: work and memory are bounded by the pickle's length; a value may occur in itself, so walkers need a bound.
// Not here: what torch's classes mean (read/torch-save/).
import { BrokenPickle, PickleCursor } from "./cursor.ts";
import { type PickleLimits, PickleMachine } from "./machine.ts";
import { OPCODES } from "./opcodes.ts";
import type { PickleValue } from "./values.ts";

export const PICKLE_LIMITS: PickleLimits = {
  maxOps: 100_000_000,
  maxStack: 10_000_000,
  maxMemo: 10_000_000,
  maxLongBytes: 1024,
};

const PROTO = 0x80;
const STOP = 0x2e;
const MAX_PROTOCOL = 5;

export interface ReadPickle {
  readonly value: PickleValue;
  /** Where the pickle ends: old files hold several in a row. */
  readonly end: number;
}

/** The value of the pickle that begins at `start`, or what is wrong with it in words. */
export function readPickle(
  bytes: Uint8Array,
  start = 0,
  limits: PickleLimits = PICKLE_LIMITS,
): ReadPickle | string {
  const machine = new PickleMachine(new PickleCursor(bytes, start), limits);
  try {
    for (let count = 0; count < limits.maxOps; count++) {
      const opcode = machine.cursor.uint8();
      if (opcode === STOP) return { value: machine.pop(), end: machine.cursor.at };
      step(machine, opcode);
    }
    return `over ${limits.maxOps} operations`;
  } catch (error) {
    if (error instanceof BrokenPickle) return error.message;
    throw error;
  }
}

function step(machine: PickleMachine, opcode: number): void {
  if (opcode === PROTO) {
    const version = machine.cursor.uint8();
    if (version > MAX_PROTOCOL) throw new BrokenPickle(`protocol ${version}`);
    return;
  }
  const run = OPCODES.get(opcode);
  if (!run) throw new BrokenPickle(`the opcode 0x${opcode.toString(16)} at byte ${machine.cursor.at - 1}`);
  run(machine);
}
