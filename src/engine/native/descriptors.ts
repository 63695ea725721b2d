// File descriptors: a second one for the same socket, so that another thread can have it; how much has to be there before
// a socket counts as readable.
// Source: POSIX, fcntl; https://man7.org/linux/man-pages/man7/socket.7.html (SO_RCVLOWAT).
// Invariant: a child process inherits none of them.
import { release } from "node:os";
import { cLibrary } from "./c-library.ts";
import { koffi } from "./foreign-functions.ts";

/** F_DUPFD_CLOEXEC; there is none on Windows. */
const DUPLICATE_PRIVATELY: Readonly<Partial<Record<NodeJS.Platform, number>>> = { linux: 1030, darwin: 67 };

/** Linux's numbers; other systems' are other ones, and what their polling makes of them differs. */
const SOL_SOCKET = 1;
const SO_RCVLOWAT = 18;
const INT_BYTES = 4;

interface Functions {
  readonly fcntl: (descriptor: number, command: number, type: "int", least: number) => number;
  readonly close: (descriptor: number) => number;
  readonly setsockopt: (
    descriptor: number,
    level: number,
    option: number,
    value: Int32Array,
    length: number,
  ) => number;
}

const value = new Int32Array(new ArrayBuffer(INT_BYTES));

let bound: Functions | undefined;

/** Whether this platform has descriptors that can be duplicated. */
export function canDuplicate(): boolean {
  return DUPLICATE_PRIVATELY[process.platform] !== undefined;
}

/** Another descriptor for the same thing; undefined if there are too many. */
export function duplicate(descriptor: number): number | undefined {
  const command = DUPLICATE_PRIVATELY[process.platform];
  if (command === undefined) return undefined;
  const made = functions().fcntl(descriptor, command, "int", 0);
  return made < 0 ? undefined : made;
}

/** Gives a descriptor back. */
export function closeDescriptor(descriptor: number): void {
  functions().close(descriptor);
}

/** Linux 5.8 is the first that never waits for more than it has room for, whatever its packets look like. */
const LEAST_LINUX = 5.08;

/** Whether a TCP socket can be left alone until enough has come. */
export const CAN_WAIT_FOR_MANY =
  process.platform === "linux" && ["x64", "arm64"].includes(process.arch) && linuxVersion() >= LEAST_LINUX;

/** 5.08 for 5.8. */
function linuxVersion(): number {
  const [, major, minor = "0"] = /^(\d+)\.(\d+)/.exec(release()) ?? [];
  return Number(major) + Number(minor) / 100;
}

/**
 * From now on the socket is readable when so many bytes wait, or its end. The system makes room for as many, and says that
 * there are enough where it has none. False if it will not.
 */
export function waitForMany(descriptor: number, bytes: number): boolean {
  value[0] = bytes;
  return functions().setsockopt(descriptor, SOL_SOCKET, SO_RCVLOWAT, value, INT_BYTES) === 0;
}

function functions(): Functions {
  if (bound) return bound;
  cLibrary(); // its settings come before any library
  const library = koffi().load(null);
  bound = {
    fcntl: library.func("int fcntl(int descriptor, int command, ...)"),
    close: library.func("close", "int", ["int"]),
    setsockopt: library.func("setsockopt", "int", ["int", "int", "int", "const void *", "uint32_t"]),
  };
  return bound;
}
