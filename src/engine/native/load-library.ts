// Loads an engine's library for as long as the process lives.
// koffi closes a library once no JavaScript refers to it or to a function that was looked up in it by name, and when the
// thread that loaded it ends. Of addresses that were read out of the library, and of threads that it started, koffi
// knows nothing: they would be left without the code they run.
// Invariant: a library that was loaded here is opened once more, and that is never closed.
import * as path from "node:path";
import type { LibraryHandle } from "koffi";
import type { Address } from "./c-function.ts";
import { cLibrary, RTLD_NOW } from "./c-library.ts";
import { koffi } from "./foreign-functions.ts";

/** Throws what koffi throws for a file that it cannot load. */
export function loadForGood(file: string): LibraryHandle {
  cLibrary(); // its settings come before any library
  const whole = path.resolve(file); // a bare name would be looked for in the system's folders
  const library = koffi().load(whole);
  if (openOnceMore(whole) === null) throw new Error(`${whole} cannot be kept loaded`);
  return library;
}

function openOnceMore(file: string): Address {
  const { dlopen } = cLibrary();
  if (dlopen) return dlopen(file, RTLD_NOW);
  const loadLibrary = koffi().load("kernel32.dll").func("LoadLibraryW", "void *", ["str16"]);
  return loadLibrary(file) as Address; // koffi has no types
}
