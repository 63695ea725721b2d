// Where `serve model.pt2` keeps what it converted, so that the next start is quick.
// Layout: CACHE/models/NAME-HASH/VERSION; the hash covers the file's path, size and time, --input, the text of
// the config of custom operators (not of what it imports) and our version, so that
// a changed file or a new release gets a directory of its own. Anything below CACHE may be deleted at any time.
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Io } from "../io.ts";
import { versionsIn } from "../saved-model-directory.ts";

/** The base directory for the conversions of `modelFile`. Throws what stat throws if the file is not there. */
export function cacheBase(modelFile: string, ourVersion: string, env: Io["env"], inputs = ""): string {
  const file = fs.realpathSync(modelFile);
  const { size, mtimeNs } = fs.statSync(file, { bigint: true });
  const identity = [ourVersion, file, size, mtimeNs, inputs].join("\0");
  const hash = crypto.createHash("sha256").update(identity).digest("hex").slice(0, 16);
  return path.join(cacheRoot(env), "models", `${modelName(modelFile)}-${hash}`);
}

/** Whether `base` holds a finished version. Versions appear by a rename, so one that is there is whole. */
export function isConverted(base: string): boolean {
  return versionsIn(base).some((version) =>
    fs.existsSync(path.join(base, String(version), "saved_model.pb")),
  );
}

/** `models/resnet18.static.pt2` is served as `resnet18.static`. */
export function modelName(modelFile: string): string {
  return path.basename(modelFile, path.extname(modelFile));
}

function cacheRoot(env: Io["env"]): string {
  const home = env["XDG_CACHE_HOME"] || path.join(env["HOME"] || os.homedir(), ".cache");
  return env["TORCHFERRY_CACHE"] || path.join(home, "torchferry");
}
