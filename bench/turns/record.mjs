// Loaded into a server before its own code (NODE_OPTIONS=--import): measures each turn of its event loop while it is told to.
// A turn is what the loop does before it can look again for what has come: timers, sockets, what threads finished,
// promises. While it is measured the loop never sleeps: an immediate stands in each turn, and a turn lasts from one to the
// next. Its length is the processor time of the loop's thread, so that what else the machine does is not part of it.
// Messages: { begin: { longUs, stacks } }, and { end: true }, which is answered with { turns, long: [{ us, gcUs, stacks }] }.
import { Session } from "node:inspector/promises";
import { PerformanceObserver } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import koffi from "koffi";

const SAMPLE_US = 100;
/** CLOCK_THREAD_CPUTIME_ID of Linux. */
const THREAD_CPU_CLOCK = 3;

// Its own variable would be inherited by what the server starts.
delete process.env.NODE_OPTIONS;
if (isMainThread && process.send) listen();

function listen() {
  let recording;
  process.on("message", async ({ begin, end }) => {
    if (begin) {
      recording = new Recording(begin);
      await recording.begin();
      process.send({ result: true });
    } else if (end) process.send({ result: await recording.end() });
  });
  process.channel.unref();
}

class Recording {
  #longUs;
  #readCpu = threadClock();
  #profiler;
  #gc = [];
  #long = [];
  #turns = 0;
  #isOn = false;
  #observer = new PerformanceObserver((list) => this.#gc.push(...list.getEntries()));

  /** Turns longer than `longUs` are kept one by one. */
  constructor({ longUs, stacks }) {
    this.#longUs = longUs;
    if (stacks) this.#profiler = new Session();
  }

  async begin() {
    this.#observer.observe({ entryTypes: ["gc"] });
    if (this.#profiler) {
      this.#profiler.connect();
      await this.#profiler.post("Profiler.enable");
      await this.#profiler.post("Profiler.setSamplingInterval", { interval: SAMPLE_US });
      await this.#profiler.post("Profiler.start");
    }
    this.#isOn = true;
    setImmediate(() => this.#turn(this.#readCpu(), performance.now()));
  }

  async end() {
    this.#isOn = false;
    await new Promise((resolve) => setTimeout(resolve, 20)); // collections are told of later
    this.#observer.disconnect();
    const profile = this.#profiler && (await this.#profiler.post("Profiler.stop")).profile;
    this.#profiler?.disconnect();
    const samples = profile ? readSamples(profile) : [];
    return { turns: this.#turns, long: this.#long.map((turn) => described(turn, this.#gc, samples)) };
  }

  #turn(cpuBefore, before) {
    if (!this.#isOn) return;
    setImmediate(() => {
      const cpu = this.#readCpu();
      const now = performance.now();
      this.#turns++;
      const us = cpu - cpuBefore;
      if (us > this.#longUs) this.#long.push({ us, from: before, to: now });
      this.#turn(cpu, now);
    });
  }
}

/** A long turn: its microseconds, those of the garbage collector in it, and the stacks that were seen most. */
function described({ us, from, to }, gc, samples) {
  const collected = gc.filter(({ startTime }) => startTime >= from && startTime < to);
  const gcUs = Math.min(us, 1000 * collected.reduce((sum, { duration }) => sum + duration, 0));
  const counts = new Map();
  for (const { at, stack } of samples)
    if (at >= from && at < to) counts.set(stack, (counts.get(stack) ?? 0) + 1);
  const stacks = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 4);
  return { us, gcUs, stacks };
}

/** Samples of a profile as { at, stack }: milliseconds of performance.now(), and the functions from the innermost on. */
function readSamples({ nodes, samples, timeDeltas, startTime }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const node of nodes) for (const child of node.children ?? []) byId.get(child).parent = node;
  const offsetMs = performance.now() - Number(process.hrtime.bigint()) / 1e6;
  let at = startTime / 1000 + offsetMs;
  return samples.map((id, index) => {
    at += timeDeltas[index] / 1000;
    return { at, stack: stackOf(byId.get(id)) };
  });
}

function stackOf(node) {
  const names = [];
  for (let one = node; one; one = one.parent) {
    const { functionName, url, lineNumber } = one.callFrame;
    if (functionName === "(root)") break;
    names.push(`${functionName || "(anonymous)"}${url ? ` ${url.split("/").at(-1)}:${lineNumber + 1}` : ""}`);
  }
  return names.slice(0, 12).join(" < ");
}

/** A function that tells the microseconds that this thread has worked. */
function threadClock() {
  const time = new BigInt64Array(2);
  const read = koffi.load("libc.so.6").func("int clock_gettime(int, void *)");
  return () => {
    read(THREAD_CPU_CLOCK, time);
    return Number(time[0]) * 1e6 + Number(time[1]) / 1000;
  };
}
