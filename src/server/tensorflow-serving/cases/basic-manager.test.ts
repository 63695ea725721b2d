// TensorFlow Serving's core/basic_manager_test.cc and core/servable_state_monitor_test.cc, each case under its own name;
// those that aspired-versions-manager.test.ts has under the same name are there.
// Not here: managing, loading and unloading one by one, additional state, thread pools, event buses, pre-load hooks and
// resources, which are parts of a library that the server's users do not see.
import { describe, expect, it } from "vitest";
import { Problem } from "../../../core/errors.ts";
import { Manager, type ManagerOptions } from "../../manager/manager.ts";
import { FakeClock, settle } from "../../testing/fake-clock.ts";
import { type FakeOptions, halfPlusTwo } from "../../testing/half-plus-two.ts";

function setUp(fake: FakeOptions = {}, options: Partial<ManagerOptions> = {}) {
  const clock = new FakeClock();
  const manager = new Manager({
    engine: halfPlusTwo(fake),
    clock,
    log: () => undefined,
    models: ["a", "b"],
    retry: { maxLoadRetries: 1, loadRetryIntervalMs: 10 },
    ...options,
  });
  const aspire = (model: string, ...numbers: number[]): void =>
    manager.setAspired(
      model,
      numbers.map((version) => ({ version: BigInt(version), path: `/${model}/${version}` })),
    );
  const states = (model: string) =>
    manager.versions(model)?.map(({ version, state }) => `${version} ${state}`);
  return { clock, manager, aspire, states };
}

/** A promise for each path, to be let go by the test. */
function gates() {
  const open = new Map<string, () => void>();
  const onLoad = (path: string): Promise<void> => new Promise((resolve) => open.set(path, resolve));
  return { open, onLoad };
}

describe("basic_manager_test", () => {
  it("MultipleManageCallsUsesFirstServable, AlreadyManagedError, LoadsThenUnloads", async () => {
    const loads: string[] = [];
    const { aspire, states, manager } = setUp({ onLoad: (path) => void loads.push(path) });
    aspire("a", 1);
    manager.setAspired("a", [{ version: 1n, path: "/elsewhere/1" }]);
    await settle();
    manager.setAspired("a", [{ version: 1n, path: "/elsewhere/1" }]);
    await settle();
    expect([loads, states("a")]).toEqual([["/a/1"], ["1 AVAILABLE"]]);
    aspire("a");
    await settle();
    expect(states("a")).toEqual(["1 END"]);
  });

  it("StopManagingUnknownId, UnloadWithoutManage, UnloadWithoutLoad", async () => {
    const { aspire, states, manager } = setUp();
    aspire("unknown");
    aspire("a");
    manager.configure(["a"]);
    await settle();
    expect([states("unknown"), states("a"), states("b")]).toEqual([undefined, undefined, undefined]);
  });

  it("GetManagedServableNames", () => {
    const { manager } = setUp();
    expect(manager.names).toEqual(["a", "b"]);
  });

  it("GetManagedServableStateSnapshot", async () => {
    const { aspire, states } = setUp();
    aspire("a", 3, 5);
    await settle();
    expect([states("a"), states("b"), states("c")]).toEqual([
      ["5 AVAILABLE", "3 AVAILABLE"],
      undefined,
      undefined,
    ]);
  });

  it("UpdateServingMapServableHandleLatest", async () => {
    const { aspire, manager } = setUp();
    aspire("a", 3);
    await settle();
    aspire("a", 3, 5, 4);
    await settle();
    const handle = manager.acquire({ name: "a" });
    expect(handle instanceof Problem ? handle.code : handle.version).toBe(5n);
  });

  it("ConcurrentLoads, MultipleLoadServables, FastLoad: models load side by side, as many at once as there are threads", async () => {
    const { open, onLoad } = gates();
    const { aspire, states } = setUp({ onLoad }, { maxLoadsAtOnce: 2, models: ["a", "b", "c"] });
    for (const name of ["a", "b", "c"]) aspire(name, 1);
    await settle();
    expect([...open.keys()]).toEqual(["/a/1", "/b/1"]);
    open.get("/b/1")?.();
    await settle();
    expect([...open.keys(), states("a"), states("b")]).toEqual([
      "/a/1",
      "/b/1",
      "/c/1",
      ["1 LOADING"],
      ["1 AVAILABLE"],
    ]);
  });

  it("InterleavedLoadsAndUnloads, MultipleUnloadServables, ConcurrentLoadsOnlyOneSucceeds, ConcurrentUnloadsOnlyOneSucceeds", async () => {
    const counts: Record<string, number> = {};
    const count = (what: string) => (path: string) => {
      counts[`${what} ${path}`] = (counts[`${what} ${path}`] ?? 0) + 1;
    };
    const { aspire, states } = setUp({ onLoad: count("load"), onClose: count("close") });
    for (let turn = 1; turn <= 20; turn++) {
      aspire("a", turn, turn + 1);
      aspire("a", turn + 1, turn);
      if (turn % 3 === 0) await settle();
    }
    aspire("a");
    await settle();
    expect(states("a")?.every((state) => state.endsWith(" END"))).toBe(true);
    expect(Math.max(...Object.values(counts))).toBe(1);
    const loaded = Object.keys(counts).filter((key) => key.startsWith("load"));
    expect(loaded.length).toBe(Object.keys(counts).length / 2);
  });

  it("LoadAfterCancelledLoad", async () => {
    let tries = 0;
    const { aspire, states, clock } = setUp({
      onLoad: () => {
        if (++tries === 1) throw new Error("Load error.");
      },
    });
    aspire("a", 7);
    await settle();
    aspire("a");
    await settle();
    expect(states("a")).toEqual(["7 END"]);
    aspire("a", 7);
    await settle();
    expect([states("a"), tries, clock.pending]).toEqual([["7 AVAILABLE"], 2, 0]);
  });

  it("DontStopManagingOnError", async () => {
    const { aspire, manager, clock } = setUp({
      onLoad: () => {
        throw new Error("An error.");
      },
    });
    aspire("a", 7);
    await clock.advance(100);
    expect(manager.versions("a")).toMatchObject([
      {
        version: 7n,
        state: "END",
        problem: { message: "Loading servable: {name: a version: 7} failed: An error." },
      },
    ]);
  });
});

describe("servable_state_monitor_test", () => {
  it("AddingStates, UpdatingStates, VersionMapDescendingOrder", async () => {
    const { open, onLoad } = gates();
    const { aspire, states } = setUp({ onLoad });
    aspire("a", 7, 42);
    expect(states("a")).toEqual(["42 LOADING", "7 START"]);
    await settle();
    open.get("/a/42")?.();
    await settle();
    open.get("/a/7")?.();
    await settle();
    expect(states("a")).toEqual(["42 AVAILABLE", "7 AVAILABLE"]);
  });

  it("GetLiveServableStates, GetAvailableServableStates", async () => {
    const { aspire, manager, states } = setUp();
    aspire("a", 1);
    await settle();
    aspire("a", 2);
    await settle();
    expect(states("a")).toEqual(["2 AVAILABLE", "1 END"]);
    expect([manager.isServing("a"), manager.isServing("b")]).toEqual([true, false]);
  });

  it("NotifyWhenServablesReachStateZeroServables", async () => {
    const { manager } = setUp();
    expect(await manager.settled([])).toEqual([]);
  });

  it("NotifyWhenServablesReachStateServableLatestAvailable, WaitUntilServablesReachStateFullFunctionality", async () => {
    const { aspire, manager } = setUp();
    const settled = manager.settled();
    aspire("a", 1);
    aspire("b", 1, 2);
    expect(await settled).toEqual([]);
  });

  it("NotifyWhenServablesReachStateLatestError, NotifyWhenServablesReachStateSpecificError", async () => {
    const { aspire, manager, clock } = setUp({
      onLoad: (path) => {
        if (path.startsWith("/a")) throw new Error("error");
      },
    });
    const settled = manager.settled();
    aspire("a", 7);
    aspire("b", 1);
    await clock.advance(100);
    expect(await settled).toMatchObject([
      { description: "{name: a version: 7}", problem: { code: "LOAD_FAILED" } },
    ]);
  });

  it("NotifyWhenServablesReachStateOnlyNotifiedOnce", async () => {
    const { aspire, manager } = setUp();
    let times = 0;
    void manager.settled(["a"]).then(() => times++);
    for (const version of [1, 2, 3]) {
      aspire("a", version);
      await settle();
    }
    expect(times).toBe(1);
  });
});
