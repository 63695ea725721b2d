import { describe, expect, it } from "vitest";
import { Health } from "../health/health.ts";
import { Manager } from "../manager/manager.ts";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import { halfPlusTwo } from "../testing/half-plus-two.ts";
import { closedConnection, makeCells, tookConnection } from "./cells.ts";
import type { FromWorker, Result, ToWorker } from "./messages.ts";
import type { TableChange } from "./table.ts";
import type { ThreadEvents } from "./worker.ts";
import { MAX_WORKER_ENDS, WORKER_ENDS_WINDOW_MS, WorkerPool, type WorkerPoolOptions } from "./worker-pool.ts";

/** A thread that is none: a test answers for it. */
class FakeThread {
  readonly worker: number;
  readonly messages: ToWorker[] = [];
  readonly changes: TableChange[] = [];
  readonly events: ThreadEvents;
  /** What is answered at once, by the message's kind. */
  readonly results: Partial<Record<ToWorker["kind"], Result>> = {
    offer: {},
    withdraw: {},
    drain: {},
    metrics: {},
    statistics: {},
  };

  constructor(worker: number, events: ThreadEvents) {
    this.worker = worker;
    this.events = events;
  }

  post(message: ToWorker): void {
    this.messages.push(message);
    const result = this.results[message.kind];
    if ("id" in message && result) this.done(message.id, result);
    if (message.kind === "end") this.events.ended("exit code 0");
  }

  postChange(change: TableChange): void {
    this.changes.push(change);
  }

  terminate(): void {
    this.events.ended("terminated");
  }

  done(id: number, result: Result): void {
    queueMicrotask(() => this.events.message({ kind: "done", id, result }));
  }

  send(message: FromWorker): void {
    this.events.message(message);
  }

  of<Kind extends ToWorker["kind"]>(kind: Kind): Extract<ToWorker, { kind: Kind }>[] {
    return this.messages.filter((message) => message.kind === kind) as Extract<ToWorker, { kind: Kind }>[];
  }
}

async function started(workers = 2, more: Partial<WorkerPoolOptions> = {}) {
  const cells = makeCells(workers, 3);
  const clock = new FakeClock();
  const threads: FakeThread[] = [];
  const discarded: number[] = [];
  const lines: string[] = [];
  const pool = new WorkerPool({
    workers,
    cells,
    clock,
    startThread: (worker, events) => {
      const thread = new FakeThread(worker, events);
      threads.push(thread);
      return thread;
    },
    log: (_level, message) => lines.push(message),
    maxConnections: 0,
    discard: (descriptor) => discarded.push(descriptor),
    sink: { write: async () => undefined, close: async () => undefined },
    ...more,
  });
  const loads: string[] = [];
  const manager = new Manager({
    engine: halfPlusTwo({ onClose: (directory) => loads.push(`closed ${directory}`) }),
    clock,
    log: () => undefined,
    models: ["m"],
    prepare: [pool.prepare],
    retry: { maxLoadRetries: 0, loadRetryIntervalMs: 0 },
  });
  const health = new Health();
  const starting = pool.start({ models: manager, health, routes: { rest: [], grpc: new Map() } });
  for (const thread of threads) thread.send({ kind: "ready" });
  await starting;
  const aspire = (...versions: bigint[]): void =>
    manager.setAspired(
      "m",
      versions.map((version) => ({ version, path: `/m/${version}` })),
    );
  return { pool, manager, cells, clock, threads, discarded, lines, loads, health, aspire };
}

const states = (manager: Manager): unknown => manager.versions("m")?.map(({ state }) => state);

describe("a version", () => {
  it("is served when every worker can run it, and the workers are told in one epoch", async () => {
    const { manager, threads, aspire } = await started();
    const [first, second] = threads as [FakeThread, FakeThread];
    delete second.results.offer;
    aspire(1n);
    await settle();
    expect(states(manager)).toEqual(["LOADING"]);
    const [offer] = second.of("offer");
    expect(offer).toMatchObject({
      place: { model: "m", version: 1n, path: "/m/1" },
      shared: { name: "/m/1" },
    });
    second.done(offer?.id ?? 0, {});
    await settle();
    expect(states(manager)).toEqual(["AVAILABLE"]);
    expect(first.changes.at(-1)).toEqual(second.changes.at(-1));
    expect(first.changes.at(-1)).toMatchObject({ versions: [{ version: 1n, state: "AVAILABLE" }] });
  });

  it("fails where a worker cannot run it, and is withdrawn from the others", async () => {
    const { manager, threads, aspire, loads } = await started();
    const [first, second] = threads as [FakeThread, FakeThread];
    second.results.offer = { failure: [{ code: "MODEL_CLOSED", fields: { model: "/m/1" } }] };
    aspire(1n);
    await settle();
    expect(manager.versions("m")?.[0]).toMatchObject({ state: "END", problem: { code: "LOAD_FAILED" } });
    expect(first.of("withdraw").length).toBe(1);
    expect(loads).toEqual(["closed /m/1"]);
  });

  it("is closed when no worker runs it any more", async () => {
    const { manager, threads, aspire, loads } = await started();
    const [first] = threads as [FakeThread, FakeThread];
    aspire(1n);
    await settle();
    delete first.results.withdraw;
    aspire();
    await settle();
    expect([states(manager), loads]).toEqual([["UNLOADING"], []]);
    // The table stopped serving it before it was withdrawn.
    expect(first.changes.at(-1)).toMatchObject({ versions: [{ state: "UNLOADING" }] });
    first.done(first.of("withdraw")[0]?.id ?? 0, {});
    await settle();
    expect([states(manager), loads]).toEqual([["END"], ["closed /m/1"]]);
  });

  it("is not held up by a worker that ends", async () => {
    const { manager, threads, aspire } = await started();
    const [first] = threads as [FakeThread, FakeThread];
    delete first.results.offer;
    aspire(1n);
    await settle();
    first.events.ended("a fault");
    await settle();
    expect(states(manager)).toEqual(["AVAILABLE"]);
    // The one in its place was told of it too.
    expect(threads[2]?.of("offer").length).toBe(1);
    expect(threads[2]?.changes.map(({ kind }) => kind)).toContain("model");
  });

  it("needs an engine that several threads can run", async () => {
    const { pool } = await started();
    const model = await halfPlusTwo().load("/m/1");
    const alone = { signatures: model.signatures, run: model.run, close: model.close };
    await expect(pool.prepare(alone, { model: "m", version: 1n, path: "/m/1" })).rejects.toMatchObject({
      code: "MODEL_ON_ONE_THREAD",
    });
  });
});

describe("connections", () => {
  const rest = (descriptor: number) => ({ descriptor, listener: "rest" }) as const;

  it("go to the worker that has the fewest", async () => {
    const { pool, threads, cells } = await started();
    for (let descriptor = 10; descriptor < 16; descriptor++) pool.connect(rest(descriptor));
    expect(threads.map((thread) => thread.of("connection").length)).toEqual([3, 3]);
    for (let count = 0; count < 3; count++) {
      tookConnection(cells, 1);
      closedConnection(cells, 1, "rest");
    }
    pool.connect(rest(16));
    pool.connect(rest(17));
    expect(threads.map((thread) => thread.of("connection").length)).toEqual([3, 5]);
  });

  it("that a worker had not taken when it ended go to another, and only those", async () => {
    const { pool, threads, cells } = await started(1);
    for (const descriptor of [10, 11, 12]) pool.connect(rest(descriptor));
    tookConnection(cells, 0);
    threads[0]?.events.ended("a fault");
    expect(threads[1]?.of("connection")).toEqual([]);
    threads[1]?.send({ kind: "ready" });
    await settle();
    expect(threads[1]?.of("connection").map(({ descriptor }) => descriptor)).toEqual([11, 12]);
  });

  it("are as many as one thread would hold, over all workers", async () => {
    const { pool, discarded, cells } = await started(2, { maxConnections: 2 });
    for (const descriptor of [10, 11, 12]) pool.connect(rest(descriptor));
    pool.connect({ descriptor: 20, listener: "grpc" });
    expect(discarded).toEqual([12]);
    tookConnection(cells, 0);
    closedConnection(cells, 0, "rest");
    pool.connect(rest(13));
    expect(discarded).toEqual([12]);
  });

  it("are refused while the server drains", async () => {
    const { pool, discarded, threads } = await started();
    await pool.drain();
    pool.connect(rest(10));
    expect(discarded).toEqual([10]);
    expect(threads.every((thread) => thread.of("drain").length === 1)).toBe(true);
  });
});

describe("a worker that ends", () => {
  it("is started again, and gives back what it held", async () => {
    const { cells, threads, lines, pool } = await started(1);
    const held = [...cells];
    cells[1] = 1; // two of three slots
    cells[4] = 2;
    threads[0]?.events.ended("a fault");
    expect([...cells].slice(1)).toEqual(held.slice(1));
    expect(lines).toEqual(["worker 0 ended: a fault"]);
    expect(threads.length).toBe(2);
    await pool.close();
  });

  it("too often is a fault that is not healed", async () => {
    const { pool, threads, clock } = await started(1);
    const failure = pool.failed.catch((error: unknown) => error);
    for (let count = 1; count < MAX_WORKER_ENDS; count++) threads.at(-1)?.events.ended("a fault");
    await clock.advance(WORKER_ENDS_WINDOW_MS);
    for (let count = 1; count < MAX_WORKER_ENDS; count++) threads.at(-1)?.events.ended("a fault");
    expect(threads.length).toBe(2 * MAX_WORKER_ENDS - 1);
    threads.at(-1)?.events.ended("the last fault");
    expect(await failure).toMatchObject({ code: "WORKERS_ENDED" });
    expect(threads.length).toBe(2 * MAX_WORKER_ENDS - 1);
  });
});

describe("what the workers counted", () => {
  it("is asked of all of them, and one that ends is left out", async () => {
    const { pool, threads } = await started();
    const [first, second] = threads as [FakeThread, FakeThread];
    const family = { name: "n", type: "counter", samples: [{ labels: [], value: 2 }] } as const;
    first.results.metrics = { families: [family] };
    delete second.results.metrics;
    const read = pool.families();
    second.events.ended("a fault");
    expect(await read).toEqual([[family]]);
  });
});

it("tells the workers of the server's health", async () => {
  const { health, threads } = await started();
  health.set("serving");
  expect(threads[1]?.of("health").map(({ state }) => state)).toEqual(["not serving", "serving"]);
});

it("ends its workers when it is closed, and starts none again", async () => {
  const { pool, threads, lines } = await started();
  await pool.close();
  expect(threads.every((thread) => thread.of("end").length === 1)).toBe(true);
  expect([threads.length, lines]).toEqual([2, []]);
});
