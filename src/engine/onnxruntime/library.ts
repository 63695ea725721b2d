// Loads libonnxruntime, which the package onnxruntime-node carries, and binds its C API.
// We call the C API ourselves because onnxruntime-node's own binding runs and loads on the calling thread, cannot be
// stopped, knows no bfloat16 and cuts strings at NUL (docs/engines.md has the figures).
// Not here: the functions (c-api.ts), threads and memory (runtime.ts).
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { type Problem, problem } from "../../core/errors.ts";
import { bindOrtApi, type CFunction, type OrtApi } from "./c-api.ts";
import { koffi } from "./foreign-functions.ts";

const LIBRARY_FILES: Readonly<Record<string, string>> = {
  linux: "libonnxruntime.so.1",
  darwin: "libonnxruntime.1.dylib",
  win32: "onnxruntime.dll",
};

/**
 * Stack of the thread-pool calls. koffi gives 128 KiB, less than one of onnxruntime's matrix kernels may want;
 * 8 MiB is what a thread of the system has, and pages that are not touched cost nothing.
 */
const ASYNC_STACK_BYTES = 8 * 2 ** 20;

/** Stacks that are kept between calls; koffi allows no more, and one is in use for each run on a thread. */
const KEPT_STACKS = 32;

/** Functions of the C library. */
export interface CLibrary {
  /** to, from, bytes */
  readonly memcpy: CFunction<
    readonly [ArrayBufferView | bigint, ArrayBufferView | bigint, number],
    bigint | null
  >;
  /** Gives free memory back to the system; only where the allocator needs to be told (glibc). */
  readonly mallocTrim: CFunction<readonly [number], number> | undefined;
}

export interface Libraries {
  readonly ort: OrtApi;
  readonly c: CLibrary;
}

/** Loads the libraries; each call loads anew, so callers keep the result. */
export function loadLibraries(): Libraries | Problem {
  let file = "onnxruntime-node";
  try {
    file = libraryFile();
    const { config, load } = koffi();
    // koffi refuses changes once a library is loaded, but not the same settings again.
    if (config().async_stack_size !== ASYNC_STACK_BYTES) {
      config({ async_stack_size: ASYNC_STACK_BYTES, resident_async_pools: KEPT_STACKS });
    }
    const ort = bindOrtApi(load(file));
    if (!ort) return problem("ENGINE_UNAVAILABLE", { file, reason: "onnxruntime is older than 1.15" });
    return { ort, c: loadCLibrary() };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return problem("ENGINE_UNAVAILABLE", { file, reason }, error);
  }
}

function libraryFile(): string {
  const packageFile = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");
  const bin = path.join(path.dirname(packageFile), "bin");
  const abi = fs.readdirSync(bin).find((name) => name.startsWith("napi-v")) ?? "napi-v6";
  const name = LIBRARY_FILES[process.platform] ?? "libonnxruntime.so.1";
  return path.join(bin, abi, process.platform, process.arch, name);
}

function loadCLibrary(): CLibrary {
  const library = koffi().load(process.platform === "win32" ? "msvcrt.dll" : null);
  return {
    memcpy: library.func("memcpy", "void *", ["void *", "void *", "size_t"]),
    mallocTrim: optional(() => library.func("malloc_trim", "int", ["size_t"])),
  };
}

/** The function, or undefined where the library has no such symbol. */
function optional<T>(bind: () => T): T | undefined {
  try {
    return bind();
  } catch {
    return undefined; // musl, macOS and Windows return memory by themselves
  }
}
