// TensorFlow Serving's core/availability_preserving_policy_test.cc, each case under its own name. Their policy is asked
// about made-up states; ours is the manager's, so the states are brought about.
// Not here: resource_preserving_policy_test.cc; the server has that policy as little as tensorflow_model_server has.
import { describe, expect, it } from "vitest";
import { Manager } from "../../manager/manager.ts";
import { FakeClock, settle } from "../../testing/fake-clock.ts";
import { halfPlusTwo } from "../../testing/half-plus-two.ts";

/** A manager of one model whose versions in `broken` fail and whose versions in `slow` go on loading. */
function setUp({ broken = [], slow = [] }: { broken?: readonly number[]; slow?: readonly number[] } = {}) {
  const actions: string[] = [];
  const manager = new Manager({
    engine: halfPlusTwo({
      onLoad: (path) => {
        const version = Number(path.slice(1));
        if (broken.includes(version)) throw new Error("no graph");
        return slow.includes(version) ? new Promise<void>(() => undefined) : undefined;
      },
    }),
    clock: new FakeClock(),
    log: () => undefined,
    models: ["test"],
    retry: { maxLoadRetries: 0, loadRetryIntervalMs: 0 },
  });
  manager.subscribe(({ version, state }) => {
    if (state === "LOADING") actions.push(`load ${version}`);
    if (state === "UNLOADING") actions.push(`unload ${version}`);
  });
  const aspire = async (...versions: number[]): Promise<readonly string[]> => {
    manager.setAspired(
      "test",
      versions.map((version) => ({ version: BigInt(version), path: `/${version}` })),
    );
    await settle();
    return actions.splice(0);
  };
  return { aspire };
}

describe("availability_preserving_policy_test", () => {
  it("LoadsNewAspired", async () => {
    const { aspire } = setUp();
    await aspire(3);
    expect((await aspire(3, 4, 5))[0]).toBe("load 5");
  });

  it("UnloadsNonAspiredFirst", async () => {
    const { aspire } = setUp();
    await aspire(3, 4);
    expect(await aspire(4, 5)).toEqual(["unload 3", "load 5"]);
  });

  it("UnloadsFirstNonAspiredWhenNoAspired", async () => {
    const { aspire } = setUp();
    await aspire(2);
    expect(await aspire()).toEqual(["unload 2"]);
  });

  it("ReturnsNoActionWhenNone", async () => {
    const { aspire } = setUp({ broken: [2], slow: [3] });
    await aspire(1, 2);
    await aspire(1, 2, 3);
    expect(await aspire(1, 2, 3)).toEqual([]);
  });

  it("DoesNotUnloadWhenOtherNotReady", async () => {
    const { aspire } = setUp({ slow: [2] });
    await aspire(1);
    expect(await aspire(2)).toEqual(["load 2"]);
  });

  it("DoesNotUnloadWhenOtherInError", async () => {
    const { aspire } = setUp({ broken: [2] });
    await aspire(1);
    expect(await aspire(2)).toEqual(["load 2"]);
    expect(await aspire(2)).toEqual([]);
  });

  it("UnloadIfOtherReadyEvenIfLoading", async () => {
    const { aspire } = setUp({ slow: [2] });
    await aspire(1, 3);
    await aspire(1, 2, 3); // 2 loads for ever
    expect(await aspire(2, 3)).toEqual(["unload 1"]);
  });

  it("UnloadIfOtherReadyEvenIfError", async () => {
    const { aspire } = setUp({ broken: [2] });
    await aspire(1, 2, 3);
    expect(await aspire(2, 3)).toEqual(["unload 1"]);
  });

  it("UnloadIfNoAspiredVersionsReady", async () => {
    const { aspire } = setUp({ broken: [3], slow: [4] });
    await aspire(1, 2);
    expect(await aspire(3, 4)).toEqual(["unload 1", "load 4"]);
  });
});
