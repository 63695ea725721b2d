import { describe, expect, it } from "vitest";
import { Problem } from "../../core/errors.ts";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import { type FakeOptions, halfPlusTwo } from "../testing/half-plus-two.ts";
import { type AspiredVersion, Manager } from "./manager.ts";

const version = (number: number): AspiredVersion => ({ version: BigInt(number), path: `/m/${number}` });

function setUp(options: FakeOptions = {}, models: readonly string[] = ["m"]) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const manager = new Manager({
    engine: halfPlusTwo(options),
    clock,
    log: (_level, message) => lines.push(message),
    models,
    retry: { maxLoadRetries: 2, loadRetryIntervalMs: 1000 },
  });
  const states = (model = "m") =>
    Object.fromEntries((manager.versions(model) ?? []).map((one) => [String(one.version), one.state]));
  return { clock, lines, manager, states };
}

/** The version that a request would get, or the message it would get instead. */
function served(manager: Manager, name = "m", number?: bigint): string {
  const handle = manager.acquire({ name, version: number });
  if (handle instanceof Problem) return handle.message;
  handle.release();
  return String(handle.version);
}

/** A promise, and the function that resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe("loading", () => {
  it("goes from START through LOADING to AVAILABLE", async () => {
    const { opened, open } = gate();
    const { manager, states, lines } = setUp({ onLoad: () => opened });
    expect(manager.versions("m")).toBeUndefined();
    manager.setAspired("m", [version(1)]);
    expect(states()).toEqual({ 1: "LOADING" });
    expect(served(manager)).toBe("Servable not found for request: Latest(m)");
    open();
    await manager.available();
    expect(states()).toEqual({ 1: "AVAILABLE" });
    expect(served(manager)).toBe("1");
    expect(served(manager, "m", 1n)).toBe("1");
    expect(served(manager, "m", 2n)).toBe("Servable not found for request: Specific(m, 2)");
    expect(served(manager, "other")).toBe("Servable not found for request: Latest(other)");
    expect(lines).toContain("Successfully loaded servable version {name: m version: 1}");
  });

  it("tries again, and succeeds", async () => {
    let tries = 0;
    const { manager, clock, states } = setUp({
      onLoad: () => {
        if (++tries < 3) throw new Error("not yet");
      },
    });
    manager.setAspired("m", [version(1)]);
    await settle();
    expect(states()).toEqual({ 1: "LOADING" });
    await clock.advance(999);
    expect(tries).toBe(1);
    await clock.advance(1001);
    expect(tries).toBe(3);
    expect(states()).toEqual({ 1: "AVAILABLE" });
  });

  it("gives up after its retries, says why, and tries again only when the version went and came back", async () => {
    let broken = true;
    const { manager, clock, lines, states } = setUp({
      onLoad: () => {
        if (broken) throw new Error("no graph");
      },
    });
    const failed = expect(manager.available()).rejects.toMatchObject({
      message:
        "1 servable(s) did not become available: {{{name: m version: 3} due to error: UNKNOWN: Loading servable: {name: m version: 3} failed: no graph}, }",
    });
    manager.setAspired("m", [version(3)]);
    await clock.advance(10_000);
    expect(states()).toEqual({ 3: "END" });
    expect(manager.versions("m")?.[0]?.problem?.message).toBe(
      "Loading servable: {name: m version: 3} failed: no graph",
    );
    expect(lines.filter((line) => line.includes("no graph"))).toHaveLength(3);
    await failed;
    broken = false;
    manager.setAspired("m", [version(3)]);
    await settle();
    expect(states()).toEqual({ 3: "END" });
    manager.setAspired("m", []);
    manager.setAspired("m", [version(3)]);
    await settle();
    expect(states()).toEqual({ 3: "AVAILABLE" });
  });

  it("stops trying when the version is no longer wanted", async () => {
    const { manager, clock, states } = setUp({
      onLoad: (path) => {
        if (path === "/m/2") throw new Error("bad");
      },
    });
    manager.setAspired("m", [version(1)]);
    await settle();
    manager.setAspired("m", [version(2)]);
    await settle();
    expect(states()).toEqual({ 2: "LOADING", 1: "AVAILABLE" });
    manager.setAspired("m", [version(3)]);
    await settle();
    expect(states()).toEqual({ 3: "AVAILABLE", 2: "END", 1: "END" });
    expect(manager.versions("m")?.[1]?.problem?.message).toBe("Loading of servable cancelled");
    expect(clock.pending).toBe(0);
  });

  it("does not let a version that is tried again hold up others of its model", async () => {
    const { manager, clock, states } = setUp({
      onLoad: (path) => {
        if (path === "/m/2") throw new Error("bad");
      },
    });
    manager.setAspired("m", [version(1), version(2)]);
    await settle();
    expect(states()).toEqual({ 2: "LOADING", 1: "AVAILABLE" });
    manager.setAspired("m", [version(1), version(2), version(3)]);
    await settle();
    expect(states()).toEqual({ 3: "AVAILABLE", 2: "LOADING", 1: "AVAILABLE" });
    await clock.advance(10_000);
    expect(states()).toEqual({ 3: "AVAILABLE", 2: "END", 1: "AVAILABLE" });
  });

  it("counts a model as failed beside versions that ended well, and not before a wanted one failed", async () => {
    const { manager, clock } = setUp({
      onLoad: (path) => {
        if (path === "/m/2") throw new Error("bad");
      },
    });
    manager.setAspired("m", [version(1)]);
    await settle();
    manager.setAspired("m", []);
    await settle();
    let told: readonly string[] | undefined;
    void manager.settled().then((failed) => {
      told = failed.map(({ description, problem }) => `${description}: ${problem?.message}`);
    });
    await settle();
    expect(told).toBeUndefined();
    manager.setAspired("m", [version(2)]);
    await clock.advance(10_000);
    expect(told).toEqual(["{name: m version: 2}: Loading servable: {name: m version: 2} failed: bad"]);
  });

  it("does not let a bad model hold up a good one", async () => {
    const { manager, states } = setUp(
      {
        onLoad: (path) => {
          if (path.startsWith("/bad")) throw new Error("bad");
        },
      },
      ["bad", "good"],
    );
    manager.setAspired("bad", [{ version: 1n, path: "/bad/1" }]);
    manager.setAspired("good", [{ version: 1n, path: "/good/1" }]);
    await settle();
    expect(states("good")).toEqual({ 1: "AVAILABLE" });
    expect(states("bad")).toEqual({ 1: "LOADING" });
  });
});

describe("switching", () => {
  it("loads the new version before it unloads the old one", async () => {
    const { opened, open } = gate();
    const { manager, states } = setUp({ onLoad: (path) => (path === "/m/2" ? opened : undefined) });
    manager.setAspired("m", [version(1)]);
    await settle();
    manager.setAspired("m", [version(2)]);
    await settle();
    expect(states()).toEqual({ 2: "LOADING", 1: "AVAILABLE" });
    expect(served(manager)).toBe("1");
    open();
    await settle();
    expect(states()).toEqual({ 2: "AVAILABLE", 1: "END" });
    expect(served(manager)).toBe("2");
    expect(served(manager, "m", 1n)).toBe("Servable not found for request: Specific(m, 1)");
  });

  it("keeps the old version until the last request gave it back", async () => {
    const closed: string[] = [];
    const { manager, states } = setUp({ onClose: (path) => closed.push(path) });
    manager.setAspired("m", [version(1)]);
    await settle();
    const first = manager.acquire({ name: "m" });
    const second = manager.acquire({ name: "m" });
    if (first instanceof Problem || second instanceof Problem) throw new Error("version 1 was to be had");
    manager.setAspired("m", [version(2)]);
    await settle();
    expect(states()).toEqual({ 2: "AVAILABLE", 1: "UNLOADING" });
    first.release();
    first.release(); // a second time counts for nothing
    await settle();
    expect(closed).toEqual([]);
    second.release();
    await settle();
    expect(closed).toEqual(["/m/1"]);
    expect(states()).toEqual({ 2: "AVAILABLE", 1: "END" });
  });

  it("falls back to a lower version, and keeps the last one if the new one fails", async () => {
    const { manager, states } = setUp({
      onLoad: (path) => {
        if (path === "/m/9") throw new Error("bad");
      },
    });
    manager.setAspired("m", [version(5)]);
    await settle();
    manager.setAspired("m", [version(9)]);
    await settle();
    expect(states()).toEqual({ 9: "LOADING", 5: "AVAILABLE" });
    manager.setAspired("m", [version(4)]);
    await settle();
    expect(states()).toEqual({ 9: "END", 5: "END", 4: "AVAILABLE" });
  });

  it("serves several wanted versions, the highest by default", async () => {
    const { manager, states } = setUp();
    manager.setAspired("m", [version(1), version(3), version(2)]);
    await settle();
    expect(states()).toEqual({ 3: "AVAILABLE", 2: "AVAILABLE", 1: "AVAILABLE" });
    expect(served(manager)).toBe("3");
    expect(served(manager, "m", 1n)).toBe("1");
    manager.setAspired("m", []);
    await settle();
    expect(states()).toEqual({ 3: "END", 2: "END", 1: "END" });
  });

  it("takes a version back that was about to go", async () => {
    const { opened, open } = gate();
    const { manager, states } = setUp({ onLoad: (path) => (path === "/m/2" ? opened : undefined) });
    manager.setAspired("m", [version(1)]);
    await settle();
    manager.setAspired("m", [version(2)]);
    manager.setAspired("m", [version(1)]);
    open();
    await settle();
    expect(states()).toEqual({ 2: "END", 1: "AVAILABLE" });
  });
});

it("closes: everything is unloaded, nothing new is taken", async () => {
  const closed: string[] = [];
  const { manager, states } = setUp({ onClose: (path) => closed.push(path) }, ["m", "n"]);
  manager.setAspired("m", [version(1), version(2)]);
  await settle();
  const handle = manager.acquire({ name: "m" });
  if (handle instanceof Problem) throw new Error("version 2 was to be had");
  let done = false;
  const closing = manager.close().then(() => {
    done = true;
  });
  manager.setAspired("m", [version(7)]);
  await settle();
  expect(done).toBe(false);
  handle.release();
  await closing;
  expect(closed.sort()).toEqual(["/m/1", "/m/2"]);
  expect(states()).toEqual({ 2: "END", 1: "END" });
});

it("closes few of many models at once", async () => {
  const names = Array.from({ length: 10 }, (_, at) => `m${at}`);
  let open = 0;
  let most = 0;
  const onClose = async () => {
    most = Math.max(most, ++open);
    await settle();
    open--;
  };
  const { manager, states } = setUp({ onClose }, names);
  for (const name of names) manager.setAspired(name, [version(1)]);
  await manager.available();
  manager.configure([]);
  expect(states("m9")).toEqual({ 1: "UNLOADING" });
  await expect.poll(() => names.map((name) => states(name)[1])).toEqual(names.map(() => "END"));
  expect(most).toBe(4);
});

it("knows no labels yet", () => {
  const { manager } = setUp();
  const answer = manager.acquire({ name: "m", label: "canary" });
  expect(answer instanceof Problem && answer.message).toBe("Unrecognized servable version label: canary");
});
