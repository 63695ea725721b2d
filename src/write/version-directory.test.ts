import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FerryError } from "../core/errors.ts";
import { makeDirectory, publishVersion, type VersionFiles } from "./version-directory.ts";

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "torchferry-version-"));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const two = (files: VersionFiles) => {
  files.file("variables/data", (sink) => sink.write(Buffer.from("weights")));
  files.file("saved_model.pb", (sink) => sink.write(Buffer.from("graph")));
};

async function codeOf(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof FerryError ? error.code : String(error);
}

function failing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: injected`), { code, syscall: "write" });
  };
}

describe("makeDirectory", () => {
  it("makes what is missing, and leaves what is there", () => {
    makeDirectory(join(base, "a/b/c"));
    makeDirectory(join(base, "a/b"));
    expect(existsSync(join(base, "a/b/c"))).toBe(true);
  });

  it("says that a file stands there", () => {
    writeFileSync(join(base, "file"), "");
    expect(() => makeDirectory(join(base, "file"))).toThrow("EEXIST");
  });
});

describe("publishVersion", () => {
  it("takes the next free number and makes the base", async () => {
    const inner = join(base, "deep/er");
    expect(await publishVersion(inner, undefined, two)).toEqual({ directory: join(inner, "1"), version: 1 });
    mkdirSync(join(inner, "41"));
    mkdirSync(join(inner, "notes"));
    expect((await publishVersion(inner, undefined, two)).version).toBe(42);
    expect(readFileSync(join(inner, "42/variables/data"), "utf8")).toBe("weights");
    expect(readdirSync(inner).sort()).toEqual(["1", "41", "42", "notes"]);
  });

  it("takes the number that is wanted and never changes one that is there", async () => {
    expect((await publishVersion(base, 7, two)).directory).toBe(join(base, "7"));
    expect(await codeOf(publishVersion(base, 7, two))).toBe("VERSION_EXISTS");
    mkdirSync(join(base, "8")); // empty, which a rename would replace
    expect(await codeOf(publishVersion(base, 8, two))).toBe("VERSION_EXISTS");
    expect(readdirSync(base).sort()).toEqual(["7", "8"]);
  });

  it.each([
    ["ENOSPC", "OUTPUT_FULL"],
    ["EDQUOT", "OUTPUT_FULL"],
    ["EACCES", "OUTPUT_DENIED"],
    ["EROFS", "OUTPUT_DENIED"],
    ["EIO", "OUTPUT_FAILED"],
  ])("turns %s into %s and leaves nothing", async (code, row) => {
    const fill = (files: VersionFiles) => {
      two(files);
      files.file("model.onnx", failing(code));
    };
    expect(await codeOf(publishVersion(base, undefined, fill))).toBe(row);
    expect(readdirSync(base)).toEqual([]);
  });

  it("says when the base is a file", async () => {
    const file = join(base, "file");
    writeFileSync(file, "");
    expect(await codeOf(publishVersion(file, undefined, two))).toBe("OUTPUT_FAILED");
  });

  it.runIf(process.platform === "linux")("ends where no directory can be made", async () => {
    expect(await codeOf(publishVersion("/proc/none/inner", undefined, two))).toBe("OUTPUT_FAILED");
  });

  it("publishes nothing that the check does not like", async () => {
    let seen: string[] = [];
    const check = async (directory: string) => {
      seen = readdirSync(directory).sort();
      expect(readdirSync(base).filter((name) => /^\d+$/.test(name))).toEqual([]);
      throw new TypeError("numbers differ");
    };
    expect(await codeOf(publishVersion(base, undefined, two, check))).toBe("TypeError: numbers differ");
    expect(seen).toEqual(["saved_model.pb", "variables"]);
    expect(readdirSync(base)).toEqual([]);
  });

  it("removes what dead processes left, and only that", async () => {
    const host = hostname().replace(/[^A-Za-z0-9_.]/g, "_");
    const dead = await deadPid();
    const names = [
      `.torchferry-${host}-${dead}`,
      `.torchferry-${host}-1`,
      ".torchferry-elsewhere-5",
      ".torchferry-old-5",
    ];
    for (const name of names) mkdirSync(join(base, name));
    const yesterday = new Date(Date.now() - 25 * 3600 * 1000);
    utimesSync(join(base, ".torchferry-old-5"), yesterday, yesterday);
    await publishVersion(base, undefined, two);
    expect(readdirSync(base).sort()).toEqual([".torchferry-elsewhere-5", `.torchferry-${host}-1`, "1"]);
  });

  it("is not there after a kill in the middle, and the next run cleans up", async () => {
    const script = await bundled();
    const child = spawn(process.execPath, [script, base], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve)); // a file is written, the last one not
    expect(readdirSync(base).filter((name) => name.startsWith(".torchferry-"))).toHaveLength(1);
    child.kill("SIGKILL");
    await ended(child);
    expect(readdirSync(base).filter((name) => /^\d+$/.test(name))).toEqual([]);
    await publishVersion(base, undefined, two);
    expect(readdirSync(base)).toEqual(["1"]);
    expect(existsSync(join(base, "1/saved_model.pb"))).toBe(true);
  });
});

function ended(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once("exit", resolve));
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await ended(child);
  return child.pid ?? 0;
}

/** A program that begins a version and then waits for ever, as JavaScript that node runs. */
async function bundled(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "torchferry-child-"));
  const entry = join(directory, "begin.ts");
  const module = join(import.meta.dirname, "version-directory.ts");
  writeFileSync(
    entry,
    `import { publishVersion } from ${JSON.stringify(module)};
    publishVersion(process.argv[2], undefined, (files) => {
      files.file("saved_model.pb", (sink) => sink.write(Buffer.from("graph")));
      files.file("model.onnx", (sink) => {
        sink.write(Buffer.alloc(1000));
        process.stdout.write("begun");
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      });
    });`,
  );
  await build({
    logLevel: "silent",
    configFile: false,
    build: {
      ssr: entry,
      outDir: join(directory, "out"),
      emptyOutDir: true,
      rollupOptions: { output: { entryFileNames: "begin.mjs" } },
    },
    ssr: { noExternal: true },
  });
  return join(directory, "out/begin.mjs");
}
