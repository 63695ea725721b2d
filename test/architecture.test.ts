// The folders of src/ and who may import whom. The table here is the truth; ARCHITECTURE.md must say the same.
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { importsOf, ROOT, sourceFiles } from "./sources.ts";

/** Top to bottom: data flows down, imports point up. */
const LAYERS = [
  "core",
  "tensor",
  "files",
  "bytes",
  "graph",
  "model",
  "read",
  "passes",
  "tensorflow",
  "custom",
  "write",
  "engine",
  "evaluate.ts",
  "batch",
  "run-graphs.ts",
  "convert.ts",
  "convert-file.ts",
  "load-model-file.ts",
  "load.ts",
  "python",
  "verify",
  "server",
  "replay",
  "cli",
  "index.ts",
] as const;

type Layer = (typeof LAYERS)[number];

const MAY_IMPORT: Readonly<Record<Layer, readonly Layer[]>> = {
  core: [],
  tensor: ["core"],
  files: ["core"],
  bytes: ["core", "tensor"],
  graph: ["core", "tensor"],
  model: ["core", "tensor", "bytes"],
  read: ["core", "tensor", "bytes", "graph"],
  passes: ["core", "tensor", "graph"],
  tensorflow: ["core", "tensor", "graph"],
  custom: ["core", "tensor", "graph", "read", "tensorflow"],
  write: ["core", "tensor", "bytes", "graph", "tensorflow"],
  batch: ["core", "tensor", "graph", "passes", "engine"],
  "run-graphs.ts": ["files", "graph", "model", "write", "engine", "batch"],
  "convert.ts": ["core", "tensor", "graph", "read", "passes", "tensorflow", "custom", "write", "batch"],
  "convert-file.ts": ["core", "files", "evaluate.ts", "run-graphs.ts", "convert.ts"],
  engine: ["core", "tensor", "bytes", "model"],
  "evaluate.ts": ["tensor", "passes", "write", "engine"],
  "load-model-file.ts": [
    "files",
    "bytes",
    "graph",
    "model",
    "read",
    "passes",
    "custom",
    "write",
    "engine",
    "evaluate.ts",
  ],
  "load.ts": ["core", "tensor", "model", "custom", "engine", "load-model-file.ts"],
  python: ["core", "tensor", "files", "bytes", "read", "engine"],
  verify: [...LAYERS.slice(0, LAYERS.indexOf("convert-file.ts") + 1), "python"],
  server: ["core", "tensor", "bytes", "model", "engine"],
  replay: ["core", "tensor", "bytes", "model", "engine", "verify", "server"],
  cli: LAYERS.filter((layer) => layer !== "cli" && layer !== "index.ts"),
  "index.ts": ["core", "tensor", "custom", "engine", "convert.ts", "convert-file.ts", "load.ts"],
};

/** Packages from outside, each kept to the folders that it is there for. */
const PACKAGES: Readonly<Record<string, readonly Layer[]>> = {
  "@bufbuild/protobuf": ["bytes", "model", "read", "write", "engine", "verify", "server", "replay", "cli"],
  "@node-rs/crc32": ["bytes", "write"],
  koffi: ["engine"],
  "onnxruntime-node": ["engine"],
  commander: ["cli"],
  jiti: ["cli"],
  pino: ["cli"],
};

function layerOf(file: string): Layer {
  const first = file.split("/")[1] ?? "";
  const layer = LAYERS.find((name) => name === first);
  if (!layer) throw new Error(`${file}: src/${first} is not in the table of layers`);
  return layer;
}

/** Breaches of the table by the product's own files, as sentences. Tests may import what they test with. */
function breaches(): string[] {
  return sourceFiles()
    .filter((file) => !file.isTest)
    .flatMap((file) =>
      importsOf(file.text)
        .map((target) => breach(file.path, target))
        .filter((text) => text !== undefined),
    );
}

function breach(file: string, target: string): string | undefined {
  const from = layerOf(file);
  if (target.startsWith("node:")) return undefined;
  if (!target.startsWith(".")) {
    const name = target
      .split("/")
      .slice(0, target.startsWith("@") ? 2 : 1)
      .join("/");
    return PACKAGES[name]?.includes(from) ? undefined : `${file} imports the package ${name}`;
  }
  const to = layerOf(path.posix.join(path.posix.dirname(file), target));
  return to === from || MAY_IMPORT[from].includes(to)
    ? undefined
    : `${file} (${from}) imports ${target} (${to})`;
}

describe("the folders of src/", () => {
  it("import only what their row allows", () => {
    expect(breaches()).toEqual([]);
  });

  it("have a table that points up only", () => {
    for (const [at, layer] of LAYERS.entries()) {
      for (const target of MAY_IMPORT[layer])
        expect(LAYERS.indexOf(target), `${layer} -> ${target}`).toBeLessThan(at);
    }
  });

  it("stand in ARCHITECTURE.md with the same rows", () => {
    const text = fs.readFileSync(path.join(ROOT, "ARCHITECTURE.md"), "utf8");
    const rows = [...text.matchAll(/^\| `src\/([\w.-]+)\/?` *\|[^|]*\| *([^|]*?) *\|$/gm)];
    expect(rows.map((row) => row[1])).toEqual([...LAYERS]);
    for (const [, layer, cell] of rows) {
      const allowed = MAY_IMPORT[layer as Layer]; // the line above compared the names
      expect(expand(cell ?? "", layer as Layer), layer).toEqual([...allowed].sort());
    }
  });
});

/** The layers that a cell such as `core .. graph, model` or `all above` stands for, sorted. */
function expand(cell: string, layer: Layer): string[] {
  const above = LAYERS.slice(0, LAYERS.indexOf(layer));
  if (cell === "nothing") return [];
  if (cell === "all" || cell === "all above") return [...above].sort();
  const parts = cell.split(", ").flatMap((part) => {
    const [first, last] = part
      .split(" .. ")
      .map((name) => LAYERS.find((entry) => entry.replace(".ts", "") === name));
    if (!first) throw new Error(`${layer}: ${part} is no folder`);
    if (!last) return [first];
    return LAYERS.slice(LAYERS.indexOf(first), LAYERS.indexOf(last) + 1);
  });
  return parts.sort();
}
