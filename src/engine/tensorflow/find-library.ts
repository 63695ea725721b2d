// Where TensorFlow's library lies: the file that the user names, else in the `tensorflow` package of the user's Python,
// else in the usual folders of packages, else where a C library is installed by hand.
// Invariant: TensorFlow is not imported to find it, which would take seconds.
// Not here: loading it (runtime.ts).
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { type Problem, problem } from "../../core/errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const run = promisify(execFile);

/** A Python that answers needs some 30 ms; one that waits for something is not waited for. */
const PYTHON_TIMEOUT_MS = 20_000;

/** The folder of the package; nothing is imported. */
const PROGRAM = [
  "import importlib.util",
  "spec = importlib.util.find_spec('tensorflow')",
  "print((spec and spec.submodule_search_locations or [''])[0])",
].join("\n");

/** In the Python package, and as the C library alone. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  linux: ["libtensorflow_cc.so.2", "libtensorflow.so.2"],
  darwin: ["libtensorflow_cc.2.dylib", "libtensorflow.2.dylib"],
  win32: ["tensorflow.dll"],
};

/** The library's path, or TENSORFLOW_NOT_FOUND with the places that were looked at. */
export async function findTensorFlow(
  env: Environment,
  platform: string = process.platform,
  roots: readonly string[] = SYSTEM_ROOTS,
): Promise<string | Problem> {
  const names = LIBRARIES[platform] ?? [];
  const places: string[] = [];
  for (const command of pythons(env)) {
    const told = await askPython(command, env);
    if ("folder" in told) {
      const file = await firstFile([told.folder], names);
      if (file !== undefined) return file;
      places.push(`not in ${told.folder}`);
    } else places.push(told.whyNot);
  }
  const packages = await packageFolders(env, roots);
  const loose = roots.map((root) => path.join(root, "lib"));
  const file = await firstFile(
    [...packages.map((folder) => path.join(folder, "tensorflow")), ...loose],
    names,
  );
  if (file !== undefined) return file;
  places.push(`not in ${[...packages, ...loose].join(", ")}`);
  return problem("TENSORFLOW_NOT_FOUND", { library: names[0] ?? "", places: places.join("; ") });
}

/** Where the system keeps Python's packages, and the C library where it is installed without Python. */
const SYSTEM_ROOTS = ["/usr/local", "/usr"];

function pythons(env: Environment): readonly string[] {
  const own = (env["TORCHFERRY_PYTHON"] ?? "").split(path.delimiter).filter((command) => command !== "");
  return [...new Set([...own, "python3"])];
}

async function askPython(
  command: string,
  env: Environment,
): Promise<{ readonly folder: string } | { readonly whyNot: string }> {
  try {
    const { stdout } = await run(command, ["-c", PROGRAM], { timeout: PYTHON_TIMEOUT_MS, env });
    const folder = stdout.trim();
    return folder === "" ? { whyNot: `${command} has no tensorflow` } : { folder };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT"; // what execFile throws has a code
    return { whyNot: `${command} ${isMissing ? "is not there" : "does not run"}` };
  }
}

/** Folders of Python packages that exist: of an environment that is active, the user's, the system's. */
async function packageFolders(env: Environment, system: readonly string[]): Promise<string[]> {
  const home = env["HOME"] ?? os.homedir();
  const roots = [env["VIRTUAL_ENV"], env["CONDA_PREFIX"], path.join(home, ".local"), ...system];
  const folders: string[] = [];
  for (const root of roots) {
    if (!root) continue;
    const lib = path.join(root, "lib");
    const pythonFolders = (await namesIn(lib)).filter((name) => /^python3(\.\d+)?$/.test(name)).sort();
    for (const python of pythonFolders.reverse()) {
      for (const packages of ["site-packages", "dist-packages"]) {
        const folder = path.join(lib, python, packages);
        if ((await namesIn(folder)).length > 0) folders.push(folder);
      }
    }
  }
  return folders;
}

async function firstFile(folders: readonly string[], names: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const there = new Set(await namesIn(folder));
    const name = names.find((one) => there.has(one));
    if (name !== undefined) return path.join(folder, name);
  }
  return undefined;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await fs.readdir(folder);
  } catch {
    return []; // a folder that is not there holds nothing
  }
}
