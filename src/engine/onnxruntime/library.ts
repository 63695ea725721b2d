// Loads libonnxruntime, which the package onnxruntime-node carries, and binds its C API.
// We call the C API ourselves because onnxruntime-node's own binding runs and loads on the calling thread, cannot be
// stopped, knows no bfloat16 and cuts strings at NUL (docs/engines.md has the figures).
// Not here: the functions (c-api.ts), threads and memory (runtime.ts).
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { type Problem, problem } from "../../core/errors.ts";
import { loadForGood } from "../native/load-library.ts";
import { bindOrtApi, type OrtApi } from "./c-api.ts";

const LIBRARY_FILES: Readonly<Record<string, string>> = {
  linux: "libonnxruntime.so.1",
  darwin: "libonnxruntime.1.dylib",
  win32: "onnxruntime.dll",
};

/** Loads the library, for good; each call binds its functions anew, so callers keep the result. */
export function loadLibrary(): OrtApi | Problem {
  let file = "onnxruntime-node";
  try {
    file = libraryFile();
    const ort = bindOrtApi(loadForGood(file));
    if (!ort) return problem("ENGINE_UNAVAILABLE", { file, reason: "onnxruntime is older than 1.15" });
    return ort;
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
