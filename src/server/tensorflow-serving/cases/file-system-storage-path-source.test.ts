// TensorFlow Serving's sources/storage_path/file_system_storage_path_source_test.cc, each case under its own name.
// Its source takes a directory as it is, ours when it is whole and was left alone for a moment.
import { describe, expect, it } from "vitest";
import {
  LATEST_VERSION,
  SETTLE_MS,
  type VersionPolicy,
  versionOf,
  type WatchedModel,
} from "../../source/version-source.ts";
import { watchedDisk } from "../../testing/watched-disk.ts";

const POLL_MS = 1000;
const model = (policy: VersionPolicy = LATEST_VERSION, name = "servable"): WatchedModel => ({
  name,
  basePath: `/${name}`,
  policy,
});

/** A source over an empty disk, and what it aspires to last. */
function setUp(models: readonly WatchedModel[] = [model()], pollWaitMs = POLL_MS, strict = false) {
  const disk = watchedDisk(models, pollWaitMs, strict);
  /** Writes whole versions, and lets them lie. */
  const write = async (...paths: string[]): Promise<void> => {
    for (const path of paths) disk.files.writeVersion(path);
    await disk.clock.advance(SETTLE_MS);
  };
  return { ...disk, write };
}

/** What is aspired to of these directories under a policy. */
async function aspiredOf(policy: VersionPolicy | undefined, ...paths: string[]) {
  const all = setUp([policy ? model(policy) : { name: "servable", basePath: "/servable" }]);
  await all.write(...paths);
  await all.source.start();
  all.source.stop();
  return { aspired: all.aspired["servable"], lines: all.lines };
}

describe("file_system_storage_path_source_test", () => {
  it("NoVersionsAtStartup", async () => {
    const { files, source, aspired, lines } = setUp([model()], POLL_MS, true);
    files.mkdir("/servable");
    files.mkdir("/servable/non_numerical_version");
    await source.start();
    source.stop();
    expect(aspired).toEqual({ servable: [] });
    expect(lines).toHaveLength(1);
  });

  it("FilesAppearAfterStartup", async () => {
    const { files, clock, source, aspired } = setUp();
    files.mkdir("/servable");
    await source.start();
    expect(aspired).toEqual({});
    files.writeVersion("/servable/3");
    await clock.advance(POLL_MS + SETTLE_MS);
    source.stop();
    expect(aspired["servable"]).toEqual(["3 /servable/3"]);
  });

  it("MultipleVersions", async () => {
    const { aspired } = await aspiredOf(
      LATEST_VERSION,
      "/servable/non_numerical",
      "/servable/42",
      "/servable/17",
    );
    expect(aspired).toEqual(["42 /servable/42"]);
  });

  it("MultipleVersionsAtTheSameTime", async () => {
    const { aspired } = await aspiredOf({ kind: "all" }, "/servable/x", "/servable/42", "/servable/17");
    expect(aspired).toEqual(["42 /servable/42", "17 /servable/17"]);
  });

  it("NLatestVersions", async () => {
    const { aspired } = await aspiredOf(
      { kind: "latest", count: 2 },
      "/servable/42",
      "/servable/33",
      "/servable/21",
    );
    expect(aspired).toEqual(["42 /servable/42", "33 /servable/33"]);
  });

  it("SpecificVersions", async () => {
    const policy = { kind: "specific", versions: [17n, 42n] } as const;
    const { aspired } = await aspiredOf(
      policy,
      "/servable/42",
      "/servable/33",
      "/servable/21",
      "/servable/17",
    );
    expect(aspired).toEqual(["42 /servable/42", "17 /servable/17"]);
  });

  it("SpecificVersionsLeadingZeros", async () => {
    const policy = { kind: "specific", versions: [17n, 42n] } as const;
    const { aspired } = await aspiredOf(policy, "/servable/42", "/servable/33", "/servable/00017");
    expect(aspired).toEqual(["42 /servable/42", "17 /servable/00017"]);
  });

  it("SpecificVersionsEmpty", async () => {
    const { aspired, lines } = await aspiredOf(
      { kind: "specific", versions: [] },
      "/servable/42",
      "/servable/17",
    );
    expect(aspired).toEqual([]);
    expect(lines).toEqual(["No specific versions requested for servable servable."]);
  });

  it("DefaultVersionPolicy", async () => {
    expect((await aspiredOf(undefined, "/servable/42", "/servable/33")).aspired).toEqual(["42 /servable/42"]);
  });

  it("MultipleServables", async () => {
    const { source, aspired, write } = setUp(["a", "b", "c"].map((name) => model(LATEST_VERSION, name)));
    await write("/a/1", "/a/2", "/b/3", "/c/0");
    await source.start();
    source.stop();
    expect(aspired).toEqual({ a: ["2 /a/2"], b: ["3 /b/3"], c: ["0 /c/0"] });
  });

  it("ChangeSetOfServables", async () => {
    const { source, aspired, write } = setUp([model(LATEST_VERSION, "a"), model(LATEST_VERSION, "b")]);
    await write("/a/1", "/b/1", "/c/1");
    await source.start();
    delete aspired["a"];
    source.setModels([model(LATEST_VERSION, "b"), model(LATEST_VERSION, "c")]);
    await source.lookNow();
    source.stop();
    // What is left out is taken away by the manager, which is told by the same configuration.
    expect(aspired).toEqual({ b: ["1 /b/1"], c: ["1 /c/1"] });
  });

  it("ChangeVersionPolicy", async () => {
    const { source, aspired, write } = setUp();
    await write("/servable/1", "/servable/2", "/servable/3");
    await source.start();
    expect(aspired["servable"]).toEqual(["3 /servable/3"]);
    source.setModels([model({ kind: "latest", count: 2 })]);
    await source.lookNow();
    expect(aspired["servable"]).toEqual(["3 /servable/3", "2 /servable/2"]);
    source.setModels([model({ kind: "specific", versions: [1n] })]);
    await source.lookNow();
    source.stop();
    expect(aspired["servable"]).toEqual(["1 /servable/1"]);
  });

  it("ParseTimestampedVersion", async () => {
    const { aspired } = await aspiredOf(LATEST_VERSION, "/servable/20170111173521");
    expect(aspired).toEqual(["20170111173521 /servable/20170111173521"]);
    expect(versionOf("20170111173521")).toBe(20170111173521n);
  });

  it("ServableVersionDirRenamed", async () => {
    const { files, clock, source, aspired, write } = setUp();
    await write("/servable/1");
    await source.start();
    files.remove("/servable/1");
    files.writeVersion("/servable/2");
    await clock.advance(POLL_MS + SETTLE_MS);
    source.stop();
    expect(aspired["servable"]).toEqual(["2 /servable/2"]);
  });

  it("DuplicateVersions", async () => {
    const { aspired, lines } = await aspiredOf(
      LATEST_VERSION,
      "/servable/0001",
      "/servable/001",
      "/servable/00001",
    );
    expect(aspired).toEqual(["1 /servable/001"]);
    expect(lines[0]).toContain("Duplicate version directories detected.");
  });

  it("LastVersionNotRemoved: as ours without --tf_serving_strict, and theirs with servable_versions_always_present", async () => {
    const { files, clock, source, aspired, write } = setUp();
    await write("/servable/42");
    await source.start();
    files.remove("/servable/42");
    await clock.advance(POLL_MS * 3);
    source.stop();
    expect(aspired["servable"]).toEqual(["42 /servable/42"]);
  });

  it("PollFilesystemOnlyOnce", async () => {
    const { clock, source, aspired, write } = setUp([model()], 0);
    await write("/servable/1");
    await source.start();
    await write("/servable/2");
    await clock.advance(60_000);
    expect(aspired["servable"]).toEqual(["1 /servable/1"]);
    expect(clock.pending).toBe(0);
  });
});
