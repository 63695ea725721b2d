// TensorFlow Serving's core/aspired_versions_manager_test.cc, each case under its own name: two models, each with the
// versions 0 and 1. Their manager acts when a test says so, ours by itself.
// Not here: NoEventBus, DestructOnNonServingThread, ServableHandleInvalidArgument and GetAvailableServableHandles*, which
// concern C++'s types and threads; CustomSortActions and CallPolicyWithAllVersions, since there is one policy.
import { describe, expect, it } from "vitest";
import { Problem } from "../../../core/errors.ts";
import { type AspiredVersion, Manager, type ServableEvent } from "../../manager/manager.ts";
import { FakeClock, settle } from "../../testing/fake-clock.ts";
import { type FakeOptions, halfPlusTwo } from "../../testing/half-plus-two.ts";

const NAMES = ["a", "b"];
const RETRIES = 2;
const INTERVAL_MS = 10;

const aspired = (...numbers: number[]): AspiredVersion[] =>
  numbers.map((version) => ({ version: BigInt(version), path: `/${version}` }));

/** The manager with its four versions available, and what it told since it began. */
async function setUp(options: FakeOptions = {}) {
  const clock = new FakeClock();
  const manager = new Manager({
    engine: halfPlusTwo(options),
    clock,
    log: () => undefined,
    models: NAMES,
    retry: { maxLoadRetries: RETRIES, loadRetryIntervalMs: INTERVAL_MS },
  });
  const events: string[] = [];
  manager.subscribe(({ model, version, state, problem }: ServableEvent) => {
    events.push(`${model} ${version} ${state}${problem ? `: ${problem.message}` : ""}`);
  });
  for (const name of NAMES) manager.setAspired(name, aspired(0, 1));
  await settle();
  const start = events.splice(0);
  const found = (name: string, version?: number): string => {
    const handle = manager.acquire({ name, version: version === undefined ? undefined : BigInt(version) });
    if (handle instanceof Problem) return handle.code;
    handle.release();
    return `${handle.model} ${handle.version}`;
  };
  /** What is available, all models. */
  const available = (): string[] =>
    NAMES.flatMap((name) =>
      (manager.versions(name) ?? []).flatMap((one) =>
        one.state === "AVAILABLE" ? `${name} ${one.version}` : [],
      ),
    );
  return { manager, clock, events, start, found, available };
}

/** Fails the loads of a version as often as told. */
function failing(version: number, times = Number.POSITIVE_INFINITY): FakeOptions & { tries: number } {
  const options = {
    tries: 0,
    onLoad(path: string) {
      if (path === `/${version}` && options.tries++ < times) throw new Error("an error");
    },
  };
  return options;
}

describe("aspired_versions_manager_test", () => {
  it("ServableHandleNotFoundMissingLoaderName", async () => {
    const { found } = await setUp();
    expect([found("c"), found("c", 0)]).toEqual(["MODEL_NOT_FOUND", "MODEL_NOT_FOUND"]);
  });

  it("ServableHandleNotFoundMissingVersion", async () => {
    const { found } = await setUp();
    expect(found("a", 2)).toBe("MODEL_NOT_FOUND");
  });

  it("ServableHandleLatest", async () => {
    const { manager, found } = await setUp();
    manager.setAspired("a", aspired(0, 1, 2));
    await settle();
    expect(found("a")).toBe("a 2");
  });

  it("ServableHandleLatestVersionIsZero", async () => {
    const { manager, found } = await setUp();
    manager.configure([...NAMES, "c"]);
    manager.setAspired("c", aspired(0));
    await settle();
    expect(found("c")).toBe("c 0");
  });

  it("ServableHandleSpecificVersion", async () => {
    const { found } = await setUp();
    expect([found("b", 0), found("b", 1)]).toEqual(["b 0", "b 1"]);
  });

  it("ReloadAspiredError: as with their flag off, what failed is not tried again while it stays aspired", async () => {
    const { manager, clock, found } = await setUp(failing(2, RETRIES + 1));
    manager.setAspired("a", aspired(0, 1, 2));
    await clock.advance(1000);
    manager.setAspired("a", aspired(0, 1, 2));
    await clock.advance(1000);
    expect(found("a", 2)).toBe("MODEL_NOT_FOUND");
    manager.setAspired("a", aspired(0, 1));
    manager.setAspired("a", aspired(0, 1, 2));
    await settle();
    expect(found("a", 2)).toBe("a 2");
  });

  it("ListAvailableServableIds", async () => {
    const { manager, available } = await setUp();
    expect(available()).toEqual(["a 1", "a 0", "b 1", "b 0"]);
    manager.setAspired("a", []);
    await settle();
    expect(available()).toEqual(["b 1", "b 0"]);
  });

  it("AspiredRemovedFull", async () => {
    const { manager, found, events } = await setUp();
    manager.setAspired("a", []);
    await settle();
    expect([found("a", 0), found("a", 1), found("b")]).toEqual(["MODEL_NOT_FOUND", "MODEL_NOT_FOUND", "b 1"]);
    expect(events).toEqual(["a 0 UNLOADING", "a 0 END", "a 1 UNLOADING", "a 1 END"]);
  });

  it("AspiredRemovedPartial", async () => {
    const { manager, found } = await setUp();
    manager.setAspired("a", aspired(0));
    await settle();
    expect([found("a", 0), found("a", 1)]).toEqual(["a 0", "MODEL_NOT_FOUND"]);
  });

  it("RevertToSmallerVersionNumber", async () => {
    const { manager, found } = await setUp();
    manager.setAspired("a", aspired(9));
    await settle();
    expect(found("a")).toBe("a 9");
    manager.setAspired("a", aspired(1));
    await settle();
    expect([found("a"), found("a", 9)]).toEqual(["a 1", "MODEL_NOT_FOUND"]);
  });

  it("AspiredAndManageStateLoad", async () => {
    const { manager, available, events } = await setUp();
    manager.setAspired("a", aspired(0, 1, 2));
    await settle();
    expect(available()).toEqual(["a 2", "a 1", "a 0", "b 1", "b 0"]);
    expect(events).toEqual(["a 2 LOADING", "a 2 AVAILABLE"]);
  });

  it("AspiredAndManageStateUnload", async () => {
    const { manager, available, events } = await setUp();
    manager.setAspired("a", aspired(1));
    await settle();
    expect(available()).toEqual(["a 1", "b 1", "b 0"]);
    expect(events).toEqual(["a 0 UNLOADING", "a 0 END"]);
  });

  it("ManagerPrefersUnloadOverLoad", async () => {
    const { manager, events } = await setUp();
    manager.setAspired("a", aspired(1, 2));
    await settle();
    expect(events).toEqual(["a 0 UNLOADING", "a 0 END", "a 2 LOADING", "a 2 AVAILABLE"]);
  });

  it("ErroneousAspiredVersion, EventBusErroneousVersion, EventBusErrorOnLoad", async () => {
    const { manager, clock, found, events } = await setUp(failing(3));
    manager.setAspired("a", aspired(0, 1, 3));
    await clock.advance(1000);
    expect(found("a", 3)).toBe("MODEL_NOT_FOUND");
    expect(events).toEqual([
      "a 3 LOADING",
      "a 3 END: Loading servable: {name: a version: 3} failed: an error",
    ]);
  });

  it("EventBusServableLifecycle", async () => {
    const { start, manager, events } = await setUp();
    expect(start.filter((event) => event.startsWith("a 1"))).toEqual(["a 1 LOADING", "a 1 AVAILABLE"]);
    manager.setAspired("a", aspired(0));
    await settle();
    expect(events).toEqual(["a 1 UNLOADING", "a 1 END"]);
  });

  it("RetryOnLoadErrorFinallySucceeds", async () => {
    const options = failing(7, RETRIES);
    const { manager, clock, found } = await setUp(options);
    manager.setAspired("a", aspired(7));
    await clock.advance(INTERVAL_MS * RETRIES);
    expect([found("a", 7), options.tries]).toEqual(["a 7", RETRIES + 1]);
  });

  it("RetryOnLoadErrorFinallyFails", async () => {
    const options = failing(7);
    const { manager, clock } = await setUp(options);
    manager.setAspired("a", aspired(7));
    await clock.advance(1000);
    expect(options.tries).toBe(RETRIES + 1);
    expect(manager.versions("a")?.[0]).toMatchObject({
      version: 7n,
      state: "END",
      problem: { code: "LOAD_FAILED" },
    });
  });

  it("AspireErrorDontUnload", async () => {
    const { manager, clock, available } = await setUp(failing(7));
    manager.setAspired("a", aspired(7));
    await clock.advance(1000);
    expect(available()).toEqual(["a 1", "b 1", "b 0"]);
    manager.setAspired("a", aspired(8));
    await settle();
    expect(available()).toEqual(["a 8", "b 1", "b 0"]);
  });

  it("UnaspireThenImmediatelyReaspire", async () => {
    const loads: string[] = [];
    const { manager, events, found } = await setUp({ onLoad: (path) => void loads.push(path) });
    manager.setAspired("a", aspired(7));
    await settle();
    const handle = manager.acquire({ name: "a", version: 7n });
    if (handle instanceof Problem) throw handle;
    manager.setAspired("a", []);
    await settle();
    manager.setAspired("a", aspired(7));
    await settle();
    expect(events.at(-1)).toBe("a 7 UNLOADING");
    handle.release();
    await settle();
    manager.setAspired("a", aspired(7)); // a source tells again and again
    await settle();
    expect([found("a", 7), loads.filter((path) => path === "/7").length]).toEqual(["a 7", 2]);
  });

  it("UnaspireFailedServableThenImmediatelyReaspire", async () => {
    const { manager, clock, found } = await setUp(failing(7, RETRIES + 1));
    manager.setAspired("a", aspired(7));
    await clock.advance(1000);
    expect(found("a", 7)).toBe("MODEL_NOT_FOUND");
    manager.setAspired("a", []);
    manager.setAspired("a", aspired(7));
    await settle();
    expect(found("a", 7)).toBe("a 7");
  });

  it("UnaspireNewServableThenImmediatelyReaspire", async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { manager, events, found } = await setUp({ onLoad: (path) => (path === "/8" ? gate : undefined) });
    manager.setAspired("a", aspired(7, 8)); // 8 loads first, so that 7 stays new
    manager.setAspired("a", aspired(8));
    manager.setAspired("a", aspired(7, 8));
    open();
    await settle();
    expect(found("a", 7)).toBe("a 7");
    expect(events.filter((event) => event.startsWith("a 7"))).toEqual([
      "a 7 END: Loading of servable cancelled",
      "a 7 LOADING",
      "a 7 AVAILABLE",
    ]);
  });
});
