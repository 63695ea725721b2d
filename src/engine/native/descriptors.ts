// File descriptors: a second one for the same socket, so that another thread can have it.
// Source: POSIX, fcntl. Invariant: a child process inherits none of them.
import { cLibrary } from "./c-library.ts";
import { koffi } from "./foreign-functions.ts";

/** F_DUPFD_CLOEXEC; there is none on Windows. */
const DUPLICATE_PRIVATELY: Readonly<Partial<Record<NodeJS.Platform, number>>> = { linux: 1030, darwin: 67 };

interface Functions {
  readonly fcntl: (descriptor: number, command: number, type: "int", least: number) => number;
  readonly close: (descriptor: number) => number;
}

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

function functions(): Functions {
  if (bound) return bound;
  cLibrary(); // its settings come before any library
  const library = koffi().load(null);
  bound = {
    fcntl: library.func("int fcntl(int descriptor, int command, ...)"),
    close: library.func("close", "int", ["int"]),
  };
  return bound;
}
