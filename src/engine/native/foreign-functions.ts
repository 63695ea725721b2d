// koffi, which calls C functions, loaded on first use: that takes longer than most commands that might need it.
import { createRequire } from "node:module";

type Koffi = typeof import("koffi");

let loaded: Koffi | undefined;

/** The package koffi. Throws what loading it throws, such as for a platform that it has no binary for. */
export function koffi(): Koffi {
  loaded ??= createRequire(import.meta.url)("koffi") as Koffi; // require has no types
  return loaded;
}

/** Where the bytes lie. They stay there, as long as they are referenced, if their buffer is an ArrayBuffer of its own. */
export function addressOf(bytes: ArrayBufferView): bigint {
  return koffi().address(bytes);
}
