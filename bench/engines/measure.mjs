// Measures one way with one model in a process of its own and prints the figures as JSON.
//   node measure.mjs calls WAY MODEL FILE CALLS_IN_FLIGHT SECONDS
//   node measure.mjs loads WAY MODEL FILE
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { MODELS } from "./models.mjs";
import { WAYS } from "./ways.mjs";

const [what, way, modelName, file, inFlight, seconds] = process.argv.slice(2);
const spec = MODELS[modelName];
const count = spec.shape.reduce((product, size) => product * size, 1);
const x = Float32Array.from({ length: count }, (_, index) => Math.sin(index));

const figures =
  what === "loads"
    ? await measureLoads()
    : await measureCalls(Number(inFlight), Number(seconds) * 1000 * spec.patience);
console.log(JSON.stringify(figures));
process.exit(0);

async function measureCalls(lanes, milliseconds) {
  const model = await WAYS[way](file, spec);
  const warm = performance.now() + Math.min(500, milliseconds);
  while (performance.now() < warm) await model.run(x);

  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  let tick = performance.now();
  let longestGap = 0;
  setInterval(() => {
    const now = performance.now();
    longestGap = Math.max(longestGap, now - tick - 1);
    tick = now;
  }, 1);
  await nextTurn();

  const times = [];
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const end = begin + milliseconds;
  const lane = async () => {
    while (performance.now() < end) {
      const start = performance.now();
      await model.run(x);
      times.push(performance.now() - start);
      // Where runs are on the loop, let it turn, as a server does between requests.
      if (way.endsWith("on the loop") && !way.startsWith("engine")) await nextTurn();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const elapsed = performance.now() - begin;
  const used = process.cpuUsage(cpu);
  await nextTurn();

  times.sort((a, b) => a - b);
  const at = (share) => times[Math.floor((times.length - 1) * share)] * 1000;
  return {
    p50Us: at(0.5),
    p99Us: at(0.99),
    callsPerSecond: (times.length / elapsed) * 1000,
    cpuUs: (used.user + used.system) / times.length,
    delayP99Ms: histogram.percentile(99) / 1e6,
    delayMaxMs: Math.max(longestGap, 0),
    rssMb: process.memoryUsage().rss / 1e6,
  };
}

/** Loading, running once and closing, 60 times: memory in the first ten rounds beside the last ten, 50 rounds apart. */
async function measureLoads() {
  const times = [];
  const memory = [];
  for (let round = 0; round < 60; round += 1) {
    const begin = performance.now();
    const model = await WAYS[way](file, spec);
    times.push(performance.now() - begin);
    await model.run(x);
    await model.close();
    memory.push(process.memoryUsage().rss / 1e6);
  }
  const late = medianOf(memory.slice(-10));
  return { loadMs: medianOf(times), rssMb: late, grownMb: late - medianOf(memory.slice(0, 10)) };
}

function medianOf(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
