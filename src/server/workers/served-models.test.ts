import { describe, expect, it } from "vitest";
import { Problem } from "../../core/errors.ts";
import { halfPlusTwo } from "../testing/half-plus-two.ts";
import { loadedManager } from "../testing/model-server.ts";
import { epochOf, makeCells } from "./cells.ts";
import { ServedModels } from "./served-models.ts";
import { Table, type TableChange } from "./table.ts";

/** A manager with versions of m, and models that follow it as a worker's do. */
async function followed(...versions: number[]) {
  const manager = await loadedManager({ m: versions });
  const cells = makeCells(1, 1);
  const posted: TableChange[] = [];
  const table = new Table(manager, cells);
  const post = (change: TableChange): void => void posted.push(change);
  table.changed(undefined, post);
  table.changed("m", post);
  manager.watchModels((model) => table.changed(model, post));
  const models = new ServedModels({ epoch: () => epochOf(cells), next: () => posted.shift() });
  for (const version of versions) {
    const place = { model: "m", version: BigInt(version), path: `/m/${version}` };
    models.offer(place, await halfPlusTwo().load(place.path));
  }
  return { manager, cells, posted, table, models };
}

const versionOf = (models: ServedModels, label?: string): bigint | string => {
  const handle = models.acquire({ name: "m", label });
  if (handle instanceof Problem) return handle.message;
  handle.release();
  return handle.version;
};

describe("ServedModels", () => {
  it("tells what the manager tells", async () => {
    const { manager, models } = await followed(1, 2);
    expect(models.names).toEqual(["m"]);
    expect(models.versions("m")).toEqual(manager.versions("m"));
    expect(models.versions("n")).toBeUndefined();
    expect(versionOf(models)).toBe(2n);
    expect(models.acquire({ name: "m", version: 1n })).toMatchObject({ version: 1n });
    expect(models.acquire({ name: "m", version: 7n })).toMatchObject({ code: "MODEL_NOT_FOUND" });
    expect(models.acquire({ name: "n" })).toEqual(manager.acquire({ name: "n" }));
  });

  it("follows labels", async () => {
    const { manager, models } = await followed(1, 2);
    expect(versionOf(models, "stable")).toBe("Unrecognized servable version label: stable");
    manager.setLabels("m", new Map([["stable", 1n]]));
    expect(versionOf(models, "stable")).toBe(1n);
    expect(models.labelled("m", "stable")).toBe(1n);
    manager.setLabels("m", new Map());
    expect(models.labelled("m", "stable")).toBeUndefined();
  });

  it("takes a change up with its epoch, neither earlier nor later", async () => {
    const { manager, table, cells, models, posted } = await followed(1);
    expect(versionOf(models)).toBe(1n);
    const told: (bigint | string)[] = [];
    manager.setAspired("m", []);
    expect(posted.length).toBeGreaterThan(0);
    // What was told of while the epoch before still holds is kept back.
    const before = epochOf(cells);
    manager.configure(["m", "n"]);
    table.changed(undefined, (change) => {
      posted.push(change);
      told.push(...models.names);
    });
    expect(told).toEqual(["m", "n"]);
    expect(epochOf(cells)).toBeGreaterThan(before);
    expect(versionOf(models)).toMatch(/not found/);
  });

  it("gives a version up when its last call has ended", async () => {
    const { manager, models } = await followed(1);
    const handle = models.acquire({ name: "m" });
    if (handle instanceof Problem) throw new Error(handle.message);
    const shared = handle.share();
    manager.setAspired("m", []);
    let isGone = false;
    const gone = models.withdraw({ model: "m", version: 1n, path: "/m/1" }).then(() => (isGone = true));
    handle.release();
    handle.release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(isGone).toBe(false);
    shared.release();
    await gone;
    await expect(handle.loaded.run("serving_default", new Map())).rejects.toThrow(/closed/);
    await models.withdraw({ model: "m", version: 1n, path: "/m/1" }); // there is none any more
  });

  it("tells of predictions", async () => {
    const { models } = await followed(1);
    const told: string[] = [];
    models.watchPredictions(({ model }) => told.push(model));
    const handle = models.acquire({ name: "m" });
    if (handle instanceof Problem) throw new Error(handle.message);
    const times = { total: 1, queue: 0, input: 0, infer: 1, output: 0 };
    const event = { model: "m", version: 1n, signature: "s", rows: 1, problem: undefined, times };
    handle.listener?.({ ...event, batch: undefined });
    expect(told).toEqual(["m"]);
  });
});

describe("Table", () => {
  it("tells nothing twice, and everything to who begins", async () => {
    const { manager, table, posted, cells, models } = await followed(1, 2);
    models.catchUp();
    const epoch = epochOf(cells);
    manager.setAspired(
      "m",
      [1n, 2n].map((version) => ({ version, path: `/m/${version}` })),
    );
    expect([posted, epochOf(cells)]).toEqual([[], epoch]);
    const whole = table.whole();
    expect(whole.map(({ kind }) => kind)).toEqual(["names", "model"]);
    expect(whole.every((change) => change.epoch === epoch)).toBe(true);
    const later = new ServedModels({ epoch: () => epochOf(cells), next: () => [...whole][at++] });
    let at = 0;
    expect(later.versions("m")).toEqual(manager.versions("m"));
  });
});
