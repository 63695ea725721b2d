import { describe, expect, it } from "vitest";
import { Problem } from "../../core/errors.ts";
import { all, label, list, model, configuredModels as setUp } from "../testing/configured-models.ts";
import { singleModel } from "./model-configuration.ts";

describe("a reload", () => {
  it("replaces the models, and waits until the new ones are available", async () => {
    const { reload, served, manager } = await setUp();
    expect(served("a")).toBe("2");
    expect(await reload(list(model("b"), model("c")))).toEqual([]);
    expect([served("b"), served("c")]).toEqual(["1", "7"]);
    expect(served("a")).toBe("Servable not found for request: Latest(a)");
    expect(manager.names).toEqual(["b", "c"]);
    expect(manager.versions("a")?.map((one) => one.state)).toEqual(["END"]);
    expect(await reload(list(model("a")))).toEqual([]);
    expect(served("a")).toBe("2");
  });

  it("changes the version policy, and keeps what it still wants", async () => {
    const { reload, served, manager } = await setUp();
    await reload(list(model("a", all)));
    await manager.settled();
    expect(manager.versions("a")?.map((one) => [one.version, one.state])).toEqual([
      [2n, "AVAILABLE"],
      [1n, "AVAILABLE"],
    ]);
    await reload(list(model("a", "model_version_policy { specific { versions: 1 } }")));
    expect(served("a")).toBe("1");
    await reload(list(model("a", "model_version_policy { specific { versions: 9 } }")));
    expect(served("a")).toBe("1"); // what is not there takes nothing away
    await reload(list(model("a", "model_version_policy { specific { } }")));
    expect(served("a")).toBe("Servable not found for request: Latest(a)");
  });

  it("changes nothing if anything is wrong with it", async () => {
    const { reload, served, manager } = await setUp();
    const wrong = list(model("b"), 'name: "c" base_path: "c" model_platform: "tensorflow"');
    expect(await reload(wrong)).toEqual([
      "Expected model c to have an absolute path or URI; got base_path()=c",
    ]);
    expect(manager.names).toEqual(["a"]);
    expect(served("a")).toBe("2");
    expect(await reload("")).toEqual([]);
    expect(manager.names).toEqual(["a"]);
  });

  it("says which new models did not become available, and holds up none of the others", async () => {
    const { reload, served } = await setUp({
      onLoad: (directory) => {
        if (directory.startsWith("/b")) throw new Error("no graph");
      },
    });
    const [message, ...more] = await reload(list(model("a"), model("b"), model("c"), model("d")));
    expect(more).toEqual([]);
    expect(message).toMatch(/^2 model\(s\) did not become available: \{/);
    expect(message).toContain(
      "{{name: d} due to error: INVALID_ARGUMENT: Could not find base path /d for servable d",
    );
    expect(message).toContain(
      "{{name: b version: 1} due to error: UNKNOWN: Loading servable: {name: b version: 1} failed: no graph}",
    );
    expect([served("a"), served("c")]).toEqual(["2", "7"]);
  });

  it("comes after the one before", async () => {
    const { reload, manager } = await setUp();
    const both = await Promise.all([reload(list(model("b"))), reload(list(model("c")))]);
    expect(both).toEqual([[], []]);
    expect(manager.names).toEqual(["c"]);
  });
});

describe("labels", () => {
  it("mean the versions they were given for", async () => {
    const { reload, served } = await setUp();
    await reload(list(model("a", all + label("stable", 1) + label("canary", 2) + label("also", 2))));
    expect(["stable", "canary", "also"].map((name) => served("a", name))).toEqual(["1", "2", "2"]);
    await reload(list(model("a", all + label("stable", 2))));
    expect(served("a", "stable")).toBe("2");
    expect(served("a", "canary")).toBe("Unrecognized servable version label: canary");
  });

  it("may be given at the start, before anything is loaded", async () => {
    const models = [{ ...singleModel("a", "/a"), labels: new Map([["stable", 2n]]) }];
    const { served, wrong } = await setUp({ models });
    expect([wrong, served("a", "stable")]).toEqual([[], "2"]);
    const strict = await setUp({ models, options: { strict: true } });
    expect(strict.wrong).toEqual([
      "Request to assign label to version 2 of model a, which is not currently available for inference",
    ]);
  });

  it("are refused for versions that are neither there nor coming, and then nothing changes", async () => {
    const { reload, served, manager } = await setUp();
    const refusal =
      "Request to assign label to version 9 of model a, which is not currently available for inference";
    expect(await reload(list(model("a", label("stable", 9)), model("b")))).toEqual([refusal]);
    expect(manager.names).toEqual(["a"]);
    expect(served("a", "stable")).toBe("Unrecognized servable version label: stable");
  });

  it("that are new may wait for their version where that is allowed; others may not be moved to it", async () => {
    const { reload, served } = await setUp({ options: { allowLabelsForUnavailable: true, strict: true } });
    expect(await reload(list(model("a", label("stable", 2) + label("next", 3))))).toEqual([]);
    expect(served("a", "next")).toBe("Servable not found for request: Specific(a, 3)");
    expect(await reload(list(model("a", label("stable", 3) + label("next", 3))))).toEqual([
      "Request to assign label to version 3 of model a, which is not currently available for inference",
    ]);
    expect(served("a", "stable")).toBe("2");
  });

  it("that are moved mean the old version until the new one is available", async () => {
    const { reload, served, manager } = await setUp();
    await reload(list(model("a", all + label("stable", 1))));
    manager.setLabels("a", new Map([["stable", 3n]]));
    expect(served("a", "stable")).toBe("1");
    manager.setAspired(
      "a",
      [1, 3].map((version) => ({ version: BigInt(version), path: `/a/${version}` })),
    );
    await manager.settled();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(served("a", "stable")).toBe("3");
  });

  it("do not go with logging under --tf_serving_strict, which has none", async () => {
    const { reload } = await setUp({ options: { strict: true } });
    const logging = "logging_config { sampling_config { sampling_rate: 1 } }";
    expect(await reload(list(model("a", logging)))).toEqual(["No request-logger-creator provided."]);
  });
});

describe("load and unload", () => {
  it("take a model out of service, and serve it again", async () => {
    const { configurator, served, manager, clock } = await setUp();
    expect(served("a")).toBe("2");
    expect(await configurator.unload("a")).toBeUndefined();
    expect(manager.versions("a")?.map((one) => one.state)).toEqual(["END"]);
    await clock.advance(5000);
    expect(manager.isServing("a")).toBe(false);
    expect(await configurator.load("a")).toBeUndefined();
    expect(served("a")).toBe("2");
  });

  it("wait for the requests that hold a version", async () => {
    const { configurator, manager } = await setUp();
    const handle = manager.acquire({ name: "a" });
    if (handle instanceof Problem) throw new Error(handle.message);
    let done = false;
    const unloading = configurator.unload("a").then(() => {
      done = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(done).toBe(false);
    handle.release();
    await unloading;
    expect(done).toBe(true);
  });

  it("load new versions, and try again what failed", async () => {
    let broken = true;
    const onLoad = (directory: string): void => {
      if (directory === "/a/3" && broken) throw new Error("it is broken");
    };
    const { configurator, files, clock, served, manager } = await setUp({ onLoad });
    files.writeVersion("/a/3");
    setTimeout(() => void clock.advance(1000), 50); // it is not taken as whole before
    await configurator.load("a");
    expect(manager.versions("a")?.map((one) => one.state)).toEqual(["END", "AVAILABLE"]);
    expect(served("a")).toBe("2");
    await configurator.unload("a");
    expect(await configurator.load("a")).toMatchObject({
      code: "OIP_LOAD_FAILED",
      fields: { reasons: expect.stringContaining("it is broken") },
    });
    expect(manager.isServing("a")).toBe(false);
    broken = false;
    expect(await configurator.load("a")).toBeUndefined();
    expect(served("a")).toBe("3");
  });

  it("know configured models alone, and a new configuration loads what it names", async () => {
    const { configurator, reload, served } = await setUp();
    expect(await configurator.load("z")).toMatchObject({ code: "OIP_NOT_CONFIGURED" });
    expect(await configurator.unload("z")).toMatchObject({ code: "OIP_NOT_CONFIGURED" });
    await configurator.unload("a");
    expect(await reload(list(model("a")))).toEqual([]);
    expect(served("a")).toBe("2");
  });
});
