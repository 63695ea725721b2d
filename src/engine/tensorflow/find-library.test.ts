import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Problem } from "../../core/errors.ts";
import { findTensorFlow } from "./find-library.ts";

let folder = "";
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "torchferry-library-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** A file below the folder, with the folders around it. */
function put(name: string, text = "", mode = 0o644): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text, { mode });
  return file;
}

describe.skipIf(process.platform === "win32")("findTensorFlow", () => {
  it("asks the user's Python, which imports nothing", async () => {
    const library = put("env/tensorflow/libtensorflow_cc.so.2");
    const python = put("python", `#!/bin/sh\necho ${path.dirname(library)}\n`, 0o755);
    const env = {
      TORCHFERRY_PYTHON: `${folder}/none${path.delimiter}${python}`,
      HOME: folder,
      PATH: "/usr/bin:/bin",
    };
    expect(await findTensorFlow(env, "linux", [])).toBe(library);
  });

  it("looks into the environment's folders where Python is not there", async () => {
    const library = put("venv/lib/python3.12/site-packages/tensorflow/libtensorflow_cc.so.2");
    expect(
      await findTensorFlow({ PATH: "", HOME: folder, VIRTUAL_ENV: path.join(folder, "venv") }, "linux", []),
    ).toBe(library);
    const user = put(".local/lib/python3.11/site-packages/tensorflow/libtensorflow_cc.2.dylib");
    expect(await findTensorFlow({ PATH: "", HOME: folder }, "darwin", [])).toBe(user);
  });

  it("tells every place that it looked at", async () => {
    const python = put("python", "#!/bin/sh\necho\n", 0o755);
    put("venv/lib/python3.12/site-packages/numpy/__init__.py");
    const env = { TORCHFERRY_PYTHON: python, PATH: "", HOME: folder, VIRTUAL_ENV: path.join(folder, "venv") };
    const found = await findTensorFlow(env, "linux", []);
    expect(found).toBeInstanceOf(Problem);
    const { message } = found as Problem; // checked above
    expect(message).toContain(`${python} has no tensorflow`);
    expect(message).toContain("python3 is not there");
    expect(message).toContain("python3.12/site-packages");
    expect(message).toContain("pip install tensorflow-cpu");
  });
});
