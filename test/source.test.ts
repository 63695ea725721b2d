// The source itself: sizes, headers, names, and what a folder may touch of the outside world.
// Function lengths are the linter's business (biome.json, noExcessiveLinesPerFunction).
import { describe, expect, it } from "vitest";
import { importsOf, sourceFiles } from "./sources.ts";

const MAX_FILE_LINES = 400;
const MAX_HEADER_LINES = 10;

/** Tables: one row an entry, long by nature. */
const TABLES = [/^src\/read\/aten\/schema-table\.ts$/, /^src\/core\/errors\/\w+\.ts$/];

/** Tests named for the suites of TensorFlow Serving whose cases they are. */
const NAMED_FOR_SUITES = "src/server/tensorflow-serving/cases/";

/** Folders whose business the outside world is; everything else gets what it needs handed in. */
const TOUCHES_DISK = [
  "src/files/",
  "src/cli/",
  "src/server/node/",
  "src/write/version-directory.ts", // the writer's last step
  "src/engine/", // loads version directories, counts the cores that a container may use
  "src/load.ts", // tells versions from model files
  "src/load-model-file.ts", // its temporary directory
  "src/run-graphs.ts", // likewise
  "src/python/", // arrays on their way to and from Python
  "src/verify/", // temporary directories, the file that reproduces a difference
];
const TOUCHES_NETWORK = ["src/server/node/", "src/replay/"];
const TOUCHES_PROCESS = [
  "src/cli/",
  "src/server/node/",
  "src/write/version-directory.ts",
  "src/engine/", // counts cores, finds the library of this platform
  "src/load-model-file.ts", // its temporary directory
  "src/run-graphs.ts", // likewise
  "src/python/", // runs the user's Python
  "src/verify/verify-model.ts", // its temporary directory
];

const files = sourceFiles();
const product = files.filter((file) => !file.isTest);

/** The paths of `of` whose text fails `isFine`. */
function failing(of: typeof files, isFine: (text: string, path: string) => boolean): string[] {
  return of.filter((file) => !isFine(file.text, file.path)).map((file) => file.path);
}

function isBelow(path: string, places: readonly string[]): boolean {
  return places.some((place) => path.startsWith(place));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** The comment lines that a file begins with, after a `#!` line. */
function header(text: string): string[] {
  const lines = text.split("\n").filter((line, at) => at > 0 || !line.startsWith("#!"));
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines.slice(0, end === -1 ? lines.length : end);
}

describe("every source file", () => {
  it(`has at most ${MAX_FILE_LINES} lines`, () => {
    const checked = files.filter((file) => !TABLES.some((table) => table.test(file.path)));
    expect(failing(checked, (text) => text.split("\n").length - 1 <= MAX_FILE_LINES)).toEqual([]);
  });

  it("begins with a header that says what it does", () => {
    const isFine = (text: string) => {
      const lines = header(text);
      return lines.length >= 1 && lines.length <= MAX_HEADER_LINES;
    };
    expect(failing(product, isFine)).toEqual([]);
  });

  it("is named for an idea, in kebab-case", () => {
    const isFine = (path: string) =>
      /^src\/(?:[a-z0-9-]+\/)*[a-z0-9-]+(?:\.test)?\.c?ts$/.test(path) &&
      (path.startsWith(NAMED_FOR_SUITES) || !/\b(utils?|helpers?|common|misc)\b/.test(path));
    expect(failing(files, (_, path) => isFine(path))).toEqual([]);
  });

  it("leaves nothing for later and nothing unchecked", () => {
    expect(failing(files, (text) => !/\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck)/.test(text))).toEqual(
      [],
    );
  });

  it("imports with the ending .ts", () => {
    const isFine = (text: string) =>
      importsOf(text).every((target) => !target.startsWith(".") || /\.(ts|json)$/.test(target));
    expect(failing(files, isFine)).toEqual([]);
  });
});

describe("the outside world", () => {
  const importing = (pattern: RegExp) => (text: string) =>
    !importsOf(text).some((target) => pattern.test(target));

  it("has its disk touched in few places", () => {
    const others = product.filter((file) => !isBelow(file.path, TOUCHES_DISK));
    expect(failing(others, importing(/^node:(fs|fs\/promises)$/))).toEqual([]);
  });

  it("has its network touched by the server and by replay, its client", () => {
    const others = product.filter((file) => !isBelow(file.path, TOUCHES_NETWORK));
    expect(failing(others, importing(/^node:(net|http|https|http2|tls|dgram|dns)$/))).toEqual([]);
  });

  it("lends its environment, its signals and its processes to few", () => {
    const others = product.filter((file) => !isBelow(file.path, TOUCHES_PROCESS));
    const isFine = (text: string) =>
      !/\bprocess\.\w/.test(withoutComments(text)) && importing(/^node:(process|child_process|os)$/)(text);
    expect(failing(others, isFine)).toEqual([]);
  });

  it("has its C libraries loaded where it is known how long they have to stay", () => {
    const others = product.filter((file) => !isBelow(file.path, ["src/engine/native/"]));
    expect(failing(others, (text) => !/\bkoffi\(\)\.load\b/.test(withoutComments(text)))).toEqual([]);
  });

  it("gives no time and no chance to what must be reproducible", () => {
    const places = [
      "src/core/",
      "src/tensor/",
      "src/bytes/",
      "src/graph/",
      "src/read/",
      "src/passes/",
      "src/tensorflow/",
    ];
    const reproducible = product.filter((file) =>
      isBelow(file.path, [...places, "src/files/", "src/write/", "src/convert.ts"]),
    );
    const checked = reproducible.filter((file) => file.path !== "src/write/version-directory.ts");
    const isFine = (text: string) =>
      !/\bDate\.now\b|\bnew Date\b|\bperformance\.now\b|\bMath\.random\b|\brandomUUID\b/.test(
        withoutComments(text),
      );
    expect(failing(checked, isFine)).toEqual([]);
  });

  it("cannot make us run what a model says", () => {
    const isFine = (text: string) =>
      !/\beval\((?!\))|\bnew Function\(|from "node:vm"/.test(withoutComments(text));
    expect(failing(product, isFine)).toEqual([]);
  });
});
