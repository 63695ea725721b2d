import { describe, expect, it } from "vitest";
import { settle } from "../testing/fake-clock.ts";
import { indexOf, type MemoryFiles, minimalSavedModel } from "../testing/memory-files.ts";
import { watchedDisk } from "../testing/watched-disk.ts";
import { SETTLE_MS, type VersionPolicy, versionOf, type WatchedModel } from "./version-source.ts";

const M: readonly WatchedModel[] = [{ name: "m", basePath: "/m" }];

const withPolicy = (policy: VersionPolicy): readonly WatchedModel[] => [
  { name: "m", basePath: "/m", policy },
];

describe("names", () => {
  it.each<[string, bigint | undefined]>([
    ["1", 1n],
    ["00000123", 123n],
    ["20170111173521", 20170111173521n],
    ["9223372036854775807", 9223372036854775807n],
    ["9223372036854775808", undefined],
    ["", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    [".tmp", undefined],
    ["1.tmp", undefined],
    ["v1", undefined],
  ])("%j is version %s", (name, version) => {
    expect(versionOf(name)).toBe(version);
  });
});

describe("which versions", () => {
  it("serves the highest by default", async () => {
    const { clock, files, aspired, source } = watchedDisk(M);
    for (const name of ["3", "1", "0012", ".tmp", "backup"]) files.writeVersion(`/m/${name}`);
    await clock.advance(SETTLE_MS);
    await source.start();
    expect(aspired).toEqual({ m: ["12 /m/0012"] });
    source.stop();
  });

  it.each<[VersionPolicy, string[]]>([
    [{ kind: "latest", count: 2 }, ["3 /m/3", "2 /m/2"]],
    [{ kind: "all" }, ["3 /m/3", "2 /m/2", "1 /m/1"]],
    [{ kind: "specific", versions: [1n, 2n, 8n] }, ["2 /m/2", "1 /m/1"]],
  ])("follows the policy %o", async (policy, wanted) => {
    const { clock, files, aspired, lines, source } = watchedDisk(withPolicy(policy));
    for (const name of ["3", "1", "2"]) files.writeVersion(`/m/${name}`);
    await clock.advance(SETTLE_MS);
    await source.start();
    source.stop();
    expect(aspired).toEqual({ m: wanted });
    expect(lines.some((line) => line.includes("Version 8 of servable m"))).toBe(policy.kind === "specific");
  });

  it("of two names for one number takes the later, and says so once", async () => {
    const { clock, files, aspired, lines, source } = watchedDisk(M);
    files.writeVersion("/m/7");
    files.writeVersion("/m/007");
    await source.start();
    await clock.advance(5000);
    source.stop();
    expect(aspired).toEqual({ m: ["7 /m/7"] });
    expect(lines).toEqual([
      "Duplicate version directories detected. Version 7 will be loaded from 7, 007 will be ignored.",
    ]);
  });
});

describe("time", () => {
  it("picks a version up within two seconds", async () => {
    const { clock, files, times, source } = watchedDisk(M);
    files.writeVersion("/m/1");
    await source.start();
    await clock.advance(1500);
    expect(times).toEqual({ 1: SETTLE_MS });
    await clock.advance(10);
    files.writeVersion("/m/2");
    const written = clock.now();
    await clock.advance(3000);
    expect((times[2] ?? Number.POSITIVE_INFINITY) - written).toBeLessThanOrEqual(1000 + SETTLE_MS);
    source.stop();
    expect(clock.pending).toBe(0);
  });

  it("takes what has been lying there for a while at once", async () => {
    const { clock, files, times, source } = watchedDisk(M);
    files.writeVersion("/m/1");
    await clock.advance(60_000);
    await source.start();
    source.stop();
    expect(times).toEqual({ 1: 60_000 });
  });

  it("looks once with 0, and never with less", async () => {
    for (const [wait, wanted] of [
      [0, ["1 /m/1"]],
      [-1000, undefined],
    ] as const) {
      const { clock, files, aspired, source } = watchedDisk(M, wait);
      files.writeVersion("/m/1");
      await clock.advance(SETTLE_MS);
      await source.start();
      files.writeVersion("/m/2");
      await clock.advance(60_000);
      expect(aspired["m"]).toEqual(wanted);
    }
  });
});

describe("trouble", () => {
  it("heals when a missing base path appears, and holds up nobody", async () => {
    const { clock, files, aspired, lines, source } = watchedDisk([
      { name: "gone", basePath: "/gone" },
      { name: "m", basePath: "/m" },
    ]);
    files.writeVersion("/m/1");
    await clock.advance(SETTLE_MS);
    await source.start();
    expect(aspired).toEqual({ m: ["1 /m/1"] });
    await clock.advance(5000);
    expect(lines).toEqual([
      "Could not find base path /gone for servable gone with error NOT_FOUND: /gone not found",
    ]);
    files.writeVersion("/gone/4");
    await clock.advance(2000);
    expect(aspired["gone"]).toEqual(["4 /gone/4"]);
    source.stop();
  });

  it("takes nothing away because a listing fails or is empty", async () => {
    const { clock, files, aspired, lines, source } = watchedDisk(M);
    files.writeVersion("/m/1");
    await clock.advance(SETTLE_MS);
    await source.start();
    aspired["m"] = ["untouched"];
    files.broken.add("/m");
    await clock.advance(3000);
    files.broken.delete("/m");
    files.remove("/m/1");
    await clock.advance(3000);
    source.stop();
    expect(aspired).toEqual({ m: ["untouched"] });
    expect(lines.at(-1)).toContain("Did you forget to name your leaf directory as a number (eg. '/1/')?");
  });

  it("takes everything away when a listing is empty, where TensorFlow Serving's ways are wanted", async () => {
    const { clock, files, aspired, source } = watchedDisk(M, 1000, true);
    files.writeVersion("/m/1");
    await clock.advance(1000);
    await source.start();
    expect(aspired).toEqual({ m: ["1 /m/1"] });
    files.remove("/m/1");
    await clock.advance(1000);
    expect(aspired).toEqual({ m: [] });
    source.stop();
  });

  it("looks at many base paths a few at a time, and tells of all in their order", async () => {
    const models = Array.from({ length: 40 }, (_, at) => ({ name: `m${at}`, basePath: `/m${at}` }));
    const { clock, files, source, aspired } = watchedDisk(models, 0);
    for (const { basePath } of models) files.writeVersion(`${basePath}/1`);
    await clock.advance(SETTLE_MS);
    let open = 0;
    let most = 0;
    const list = files.listDirectories.bind(files);
    files.listDirectories = async (path) => {
      most = Math.max(most, ++open);
      await settle();
      open--;
      return list(path);
    };
    const looks = await source.start();
    expect([...looks.keys()]).toEqual(models.map(({ name }) => name));
    expect(Object.keys(aspired)).toHaveLength(40);
    expect(most).toBe(8);
  });

  it("looks at other models from the moment they are set, and says what each look came to", async () => {
    const { clock, files, aspired, source } = watchedDisk(M, 0);
    for (const path of ["/m/1", "/n/2"]) files.writeVersion(path);
    files.mkdir("/empty");
    await clock.advance(1000);
    await source.start();
    source.setModels([
      { name: "n", basePath: "/n" },
      { name: "empty", basePath: "/empty" },
      { name: "missing", basePath: "/missing" },
    ]);
    const looks = await source.lookNow();
    expect(looks.get("n")).toBe("found");
    expect(looks.get("empty")).toMatchObject({ code: "NO_VERSIONS" });
    expect(looks.get("missing")).toMatchObject({ code: "BASE_PATH_NOT_FOUND" });
    expect(looks.has("m")).toBe(false);
    expect(aspired).toEqual({ m: ["1 /m/1"], n: ["2 /n/2"] });
  });

  it("falls back when the highest version is deleted", async () => {
    const { clock, files, aspired, source } = watchedDisk(M);
    files.writeVersion("/m/1");
    files.writeVersion("/m/2");
    await clock.advance(SETTLE_MS);
    await source.start();
    expect(aspired).toEqual({ m: ["2 /m/2"] });
    files.remove("/m/2");
    await clock.advance(1000);
    source.stop();
    expect(aspired).toEqual({ m: ["1 /m/1"] });
  });
});

describe("a copy that is not whole", () => {
  const steps: readonly (readonly [what: string, write: (files: MemoryFiles) => void])[] = [
    ["an empty directory", (files) => files.mkdir("/m/2")],
    [
      "weights only",
      (files) => files.write("/m/2/variables/variables.data-00000-of-00001", new Uint8Array(50)),
    ],
    ["half a graph", (files) => files.write("/m/2/saved_model.pb", minimalSavedModel().subarray(0, 9))],
    ["a graph of zeros", (files) => files.write("/m/2/saved_model.pb", new Uint8Array(60))],
    ["no index", (files) => files.write("/m/2/saved_model.pb", minimalSavedModel())],
    ["half an index", (files) => files.write("/m/2/variables/variables.index", indexOf(100).subarray(0, 70))],
    ["half the weights", (files) => files.write("/m/2/variables/variables.index", indexOf(100))],
  ];

  it("waits until it is, and serves the one before as long", async () => {
    const { clock, files, aspired, source } = watchedDisk(M);
    files.writeVersion("/m/1");
    await clock.advance(SETTLE_MS);
    await source.start();
    for (const [what, write] of steps) {
      write(files);
      await clock.advance(3000);
      expect(aspired, what).toEqual({ m: ["1 /m/1"] });
    }
    files.write("/m/2/variables/variables.data-00000-of-00001", new Uint8Array(100));
    await clock.advance(2000);
    expect(aspired).toEqual({ m: ["2 /m/2"] });
    source.stop();
  });

  it("waits as long as anything still changes", async () => {
    const { clock, files, aspired, source } = watchedDisk(M);
    files.writeVersion("/m/1");
    await source.start();
    for (let change = 0; change < 40; change++) {
      files.write("/m/1/assets/vocabulary.txt", new Uint8Array(change));
      await clock.advance(100);
    }
    expect(aspired).toEqual({});
    await clock.advance(2000);
    expect(aspired).toEqual({ m: ["1 /m/1"] });
    source.stop();
  });

  it("waits for the whole of model.onnx", async () => {
    const { clock, files, aspired, source } = watchedDisk(M);
    files.writeVersion("/m/1");
    // Field 7, 5 bytes long, of which 2 are there.
    files.write("/m/1/model.onnx", Uint8Array.of(8, 10, 58, 5, 0, 0));
    await source.start();
    await clock.advance(5000);
    expect(aspired).toEqual({});
    files.write("/m/1/model.onnx", Uint8Array.of(8, 10, 58, 5, 0, 0, 0, 0, 0));
    await clock.advance(2000);
    expect(aspired).toEqual({ m: ["1 /m/1"] });
    source.stop();
    await settle();
  });
});
