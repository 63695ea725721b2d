// Functions of the C library, and the settings that koffi's calls share.
// Not here: the engines' own libraries (load-library.ts), when memory is given back (give-memory-back.ts).
import type { CFunction } from "./c-function.ts";
import { koffi } from "./foreign-functions.ts";

/**
 * Stack of all calls, koffi's own. It gives those on threads 128 KiB, less than a matrix kernel may want, and those on the
 * event loop, which load and run small models too, 2 MiB; 8 MiB is what a thread of the system has, and pages that are
 * not touched cost nothing.
 */
const STACK_BYTES = 8 * 2 ** 20;

/** Stacks that are kept between calls; koffi allows no more, and one is in use for each run on a thread. */
const KEPT_STACKS = 32;

/** dlopen's flag: every symbol is resolved now, so that a library that lacks one is refused here. */
export const RTLD_NOW = 2;

export interface CLibrary {
  /** to, from, bytes */
  readonly memcpy: CFunction<
    readonly [ArrayBufferView | bigint, ArrayBufferView | bigint, number],
    bigint | null
  >;
  /** Gives free memory back to the system; only where the allocator needs to be told (glibc). */
  readonly mallocTrim: CFunction<readonly [number], number> | undefined;
  /** Sets a parameter of the allocator; glibc alone. */
  readonly mallopt: CFunction<readonly [number, number], number> | undefined;
  /** Loads a library; undefined on Windows. */
  readonly dlopen: CFunction<readonly [string, number], bigint | null> | undefined;
}

let shared: CLibrary | undefined;

/** The process's C library. Throws what loading koffi throws. */
export function cLibrary(): CLibrary {
  shared ??= bind();
  return shared;
}

/** Loads a library on a thread of libuv's pool, if it can be loaded: what loads it afterwards finds it there. */
export function preload(file: string): Promise<void> {
  const { dlopen } = cLibrary();
  return new Promise((resolve) => {
    if (dlopen) dlopen.async(file, RTLD_NOW, () => resolve());
    else resolve();
  });
}

function bind(): CLibrary {
  const { config, load } = koffi();
  // koffi refuses changes once a library is loaded, but not the same settings again.
  if (config().async_stack_size !== STACK_BYTES) {
    config({
      sync_stack_size: STACK_BYTES,
      async_stack_size: STACK_BYTES,
      resident_async_pools: KEPT_STACKS,
    });
  }
  const library = load(process.platform === "win32" ? "msvcrt.dll" : null);
  return {
    memcpy: library.func("memcpy", "void *", ["void *", "void *", "size_t"]),
    mallocTrim: optional(() => library.func("malloc_trim", "int", ["size_t"])),
    mallopt: optional(() => library.func("mallopt", "int", ["int", "int"])),
    dlopen: optional(() => library.func("dlopen", "void *", ["str", "int"])),
  };
}

/** The function, or undefined where the library has no such symbol. */
function optional<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch {
    return undefined; // musl, macOS and Windows return memory by themselves
  }
}
