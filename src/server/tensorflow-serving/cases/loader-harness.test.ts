// TensorFlow Serving's core/loader_harness_test.cc and util/retrier_test.cc, each case under its own name: one version's
// life. Its states of asking and approving, and errors signalled from outside, are none of ours.
import { describe, expect, it } from "vitest";
import { fail } from "../../../core/errors.ts";
import type { LoadedModel } from "../../../engine/engine.ts";
import { Servable } from "../../manager/servable.ts";
import { FakeClock, settle } from "../../testing/fake-clock.ts";
import { halfPlusTwo } from "../../testing/half-plus-two.ts";

const RETRIES = 2;
const INTERVAL_MS = 1000;

/** A version whose load does what it is told to, its states and how often it was tried and closed. */
function setUp(load: (attempt: number) => Promise<void> | void = () => undefined, retries = RETRIES) {
  const clock = new FakeClock();
  const states: string[] = ["START"];
  const lines: string[] = [];
  const counts = { tries: 0, closed: 0 };
  const engine = halfPlusTwo({ onClose: () => void counts.closed++ });
  const servable = new Servable("m", 1n, "/m/1", {
    clock,
    log: (_level, message) => lines.push(message),
    retry: { maxLoadRetries: retries, loadRetryIntervalMs: INTERVAL_MS },
    load: async (): Promise<LoadedModel> => {
      await load(++counts.tries);
      return engine.load("/m/1");
    },
    close: (loaded) => loaded.close(),
    changed: ({ state }) => states.push(state),
    paused: () => undefined,
  });
  return { clock, states, lines, counts, servable };
}

/** What no other try would change. */
function notFound(): never {
  return fail("TENSORFLOW_NOT_FOUND", { library: "libtensorflow_cc.so.2", places: "nowhere" });
}

/** Fails the first tries. */
const failing =
  (times: number, isFinal = false) =>
  (attempt: number): void => {
    if (attempt > times) return;
    if (isFinal) notFound();
    throw new Error("load error");
  };

describe("loader_harness_test", () => {
  it("Init", () => {
    const { servable, states, counts } = setUp();
    expect([servable.state, servable.acquire(), states, counts.tries]).toEqual([
      "START",
      undefined,
      ["START"],
      0,
    ]);
  });

  it("Load", async () => {
    const { servable, states } = setUp();
    await servable.load();
    expect(states).toEqual(["START", "LOADING", "AVAILABLE"]);
    expect(servable.acquire()).toMatchObject({ model: "m", version: 1n });
  });

  it("Quiesce, Unload", async () => {
    const { servable, states, counts, lines } = setUp();
    await servable.load();
    const handle = servable.acquire();
    const unloaded = servable.unload();
    await settle();
    expect([states.at(-1), counts.closed, servable.acquire()]).toEqual(["UNLOADING", 0, undefined]);
    handle?.release();
    await unloaded;
    expect([states.at(-1), counts.closed, servable.problem]).toEqual(["END", 1, undefined]);
    expect(lines.at(-1)).toBe("Done unloading servable version {name: m version: 1}");
  });

  it("LoadError", async () => {
    const { servable, states, lines } = setUp(failing(1), 0);
    await servable.load();
    expect(states).toEqual(["START", "LOADING", "END"]);
    expect(servable.problem?.message).toBe("Loading servable: {name: m version: 1} failed: load error");
    expect(lines).toEqual(["Loading servable: {name: m version: 1} failed: load error"]);
  });

  it("RetryOnLoadErrorFinallySucceeds", async () => {
    const { servable, clock, states, counts } = setUp(failing(RETRIES));
    const loaded = servable.load();
    await clock.advance(INTERVAL_MS * RETRIES);
    await loaded;
    expect([states.at(-1), counts.tries]).toEqual(["AVAILABLE", RETRIES + 1]);
  });

  it("RetryOnLoadErrorFinallyFails", async () => {
    const { servable, clock, states, counts } = setUp(failing(99));
    const loaded = servable.load();
    await clock.advance(INTERVAL_MS * RETRIES);
    await loaded;
    expect([states.at(-1), counts.tries]).toEqual(["END", RETRIES + 1]);
  });

  it("RetryOnLoadErrorCancelledLoad", async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { servable, clock, states, counts } = setUp(async () => {
      await gate;
      throw new Error("load error");
    });
    const loaded = servable.load();
    servable.unaspire();
    open();
    await loaded;
    expect([states.at(-1), counts.tries, clock.pending]).toEqual(["END", 1, 0]);
    expect(servable.problem?.message).toBe("Loading of servable cancelled");
  });

  it("UnloadDueToNonRetriableError", async () => {
    const { servable, states, counts } = setUp(failing(99, true));
    await servable.load();
    expect([states.at(-1), counts.tries, servable.problem?.code]).toEqual(["END", 1, "TENSORFLOW_NOT_FOUND"]);
  });
});

describe("retrier_test", () => {
  it("RetryFinallySucceeds", async () => {
    const { servable, clock, counts } = setUp(failing(6), 10);
    const loaded = servable.load();
    await clock.advance(INTERVAL_MS * 10);
    await loaded;
    expect([servable.state, counts.tries]).toEqual(["AVAILABLE", 7]);
  });

  it("RetryFinallyFails", async () => {
    const { servable, clock, counts } = setUp(failing(99), 10);
    const loaded = servable.load();
    await clock.advance(INTERVAL_MS * 10);
    await loaded;
    expect([servable.state, counts.tries]).toEqual(["END", 11]);
  });

  it("RetryCancelled", async () => {
    const { servable, clock, counts } = setUp(failing(99), 10);
    const loaded = servable.load();
    await clock.advance(INTERVAL_MS / 2);
    servable.unaspire();
    await loaded;
    expect([servable.state, counts.tries, clock.pending]).toEqual(["END", 1, 0]);
  });

  it("RetryCancelledOnUnimplementedError", async () => {
    const { servable, clock, counts } = setUp((attempt) => {
      if (attempt === 5) notFound();
      throw new Error("late");
    }, 10);
    const loaded = servable.load();
    await clock.advance(INTERVAL_MS * 10);
    await loaded;
    expect([servable.state, counts.tries, servable.problem?.code]).toEqual([
      "END",
      5,
      "TENSORFLOW_NOT_FOUND",
    ]);
  });
});
