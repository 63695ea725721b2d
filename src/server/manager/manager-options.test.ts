import { describe, expect, it } from "vitest";
import { fail } from "../../core/errors.ts";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import { type FakeOptions, HALF_PLUS_TWO, halfPlusTwo, signature, spec } from "../testing/half-plus-two.ts";
import { Manager, type ManagerOptions, type ServableEvent } from "./manager.ts";

const version = (number: number) => ({ version: BigInt(number), path: `/m/${number}` });

function setUp(fake: FakeOptions = {}, options: Partial<ManagerOptions> = {}) {
  const lines: string[] = [];
  const manager = new Manager({
    engine: halfPlusTwo(fake),
    clock: new FakeClock(),
    log: (_level, message) => lines.push(message),
    models: ["m"],
    retry: { maxLoadRetries: 0, loadRetryIntervalMs: 0 },
    ...options,
  });
  const states = () => manager.versions("m")?.map((one) => `${one.version} ${one.state}`);
  return { manager, lines, states };
}

describe("events", () => {
  it("tell every change of state to those who listen", async () => {
    const { manager } = setUp({
      onLoad: (path) => {
        if (path === "/m/2") throw new Error("bad");
      },
    });
    const events: string[] = [];
    const stop = manager.subscribe(({ model, version: number, state, problem }: ServableEvent) => {
      events.push(`${model} ${number} ${state}${problem ? `: ${problem.message}` : ""}`);
    });
    manager.setAspired("m", [version(1), version(2)]);
    await settle();
    manager.setAspired("m", []);
    await settle();
    stop();
    manager.setAspired("m", [version(3)]);
    await settle();
    expect(events).toEqual([
      "m 2 LOADING",
      "m 2 END: Loading servable: {name: m version: 2} failed: bad",
      "m 1 LOADING",
      "m 1 AVAILABLE",
      "m 1 UNLOADING",
      "m 1 END",
    ]);
  });
});

describe("a version whose signatures break the clients of the one before", () => {
  const changed = signature(
    "serving_default",
    [spec("z", "float32", [-1, 1])],
    [spec("y", "float32", [-1, 1])],
  );
  /** Version 2 has other signatures than version 1. */
  const load = async (options: Partial<ManagerOptions>) => {
    const made = setUp({}, options);
    const engine = halfPlusTwo();
    const other = halfPlusTwo({ signatures: [changed, ...HALF_PLUS_TWO.slice(1)] });
    const both = {
      name: "both",
      load: (path: string) => (path === "/m/2" ? other : engine).load(path),
    };
    const second = setUp({}, { ...options, engine: both });
    second.manager.setAspired("m", [version(1)]);
    await settle();
    second.manager.setAspired("m", [version(2)]);
    await settle();
    await made.manager.close();
    return second;
  };
  const reasons =
    "input 'x' of 'serving_default' is gone; input 'z' of 'serving_default' is new, and clients do not send it";

  it("is told, and served", async () => {
    const { states, lines } = await load({});
    expect(states()).toEqual(["2 AVAILABLE", "1 END"]);
    expect(lines).toContain(`{name: m version: 2} breaks the clients of version 1: ${reasons}`);
  });

  it("is not served where that is refused, and not tried again", async () => {
    const { states, manager } = await load({
      refuseBreakingVersions: true,
      retry: { maxLoadRetries: 5, loadRetryIntervalMs: 60_000 },
    });
    expect(states()).toEqual(["2 END", "1 AVAILABLE"]);
    expect(manager.versions("m")?.[0]?.problem?.message).toBe(
      `{name: m version: 2} breaks the clients of version 1: ${reasons}; serve it under another name, or without --refuse_breaking_versions`,
    );
  });
});

describe("between load and first request", () => {
  it("steps run in order, and the last one's model serves", async () => {
    const steps: string[] = [];
    const { manager } = setUp(
      {},
      {
        prepare: [
          async (loaded, place) => {
            steps.push(`first ${place.model} ${place.version} ${place.path}`);
            return { ...loaded, signatures: new Map(), run: loaded.run, close: () => loaded.close() };
          },
          async (loaded) => {
            steps.push(`second ${loaded.signatures.size}`);
            return loaded;
          },
        ],
      },
    );
    manager.setAspired("m", [version(1)]);
    await settle();
    expect(steps).toEqual(["first m 1 /m/1", "second 0"]);
    const handle = manager.acquire({ name: "m" });
    expect("loaded" in handle && handle.loaded.signatures.size).toBe(0);
  });

  it("a step that fails fails the load, and the model is closed", async () => {
    const closed: string[] = [];
    const { manager, states } = setUp(
      { onClose: (path) => closed.push(path) },
      { prepare: [async () => fail("EXAMPLES_EMPTY", {})] },
    );
    manager.setAspired("m", [version(1)]);
    await settle();
    expect([states(), closed]).toEqual([["1 END"], ["/m/1"]]);
  });
});

describe("loads", () => {
  it("are so many at once over all models", async () => {
    let loading = 0;
    let most = 0;
    const { manager } = setUp(
      {
        onLoad: async () => {
          most = Math.max(most, ++loading);
          await settle();
          loading--;
        },
      },
      { models: ["a", "b", "c", "d"], maxLoadsAtOnce: 2 },
    );
    for (const name of ["a", "b", "c", "d"]) manager.setAspired(name, [version(1)]);
    expect(await manager.settled()).toEqual([]);
    expect(most).toBe(2);
  });
});

describe("ended versions", () => {
  it("are forgotten after a hundred", async () => {
    const { manager } = setUp();
    for (let number = 1; number <= 110; number++) {
      manager.setAspired("m", [version(number)]);
      await settle();
    }
    const known = manager.versions("m") ?? [];
    expect(known.length).toBeLessThanOrEqual(102);
    expect(known[0]).toMatchObject({ version: 110n, state: "AVAILABLE" });
  });
});
