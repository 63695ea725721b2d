// One model: its server, the bare loop around its engine, and what it is compared with, all started first, then measured
// in turns at each number of clients.
import { median } from "../print-table.mjs";
import { inTurns, spread } from "./in-turns.mjs";
import { startOurServer } from "./our-server.mjs";
import { CLIENT_CORE, SERVER_CORE, startModule } from "./pinned-process.mjs";
import { WAYS } from "./requests.mjs";

export const ENGINE = "engine";
/** Before each window: sockets and the processor's caches. */
const WARM_UP_MS = 300;
/**
 * Once, at as many clients as there will be: the engine's buffers, and the compiled code of both sides. V8 compiles in the
 * background what was called often; until 4,000 calls that is up to 0.3 ms of processor time for each, which a server
 * that runs for longer than some seconds does not have. A slow model is not waited for that long.
 */
const FIRST_WARM_UP = { calls: 4000, leastMs: 1500, mostMs: 20_000 };
const CALLS_AT_ONCE = 200;
/** The same model in two builds of onnxruntime. */
const LARGEST_ERROR = 1e-5;

/** Results by number of clients and way: the kept windows (in-turns.mjs). `others` are started, such as peers.mjs's. */
export async function measureModel(model, { clients, rounds, ways, others = [], tell }) {
  const stops = [];
  const started = async (starting) => {
    const one = await starting;
    stops.push(one.stop);
    return one;
  };
  tell(`${model.name}: starting ${ways.length} ways of calling and ${others.length} other servers`);
  try {
    const bare = await started(startModule(SERVER_CORE, "bare-loop.mjs"));
    const expected = floats(await bare.ask({ directory: model.directory, input: model.input }));
    const server = await started(startOurServer(model));
    const servers = ways.map((way) => ({ ...ourSide(way, model, server), name: way }));
    for (const start of others) servers.push(await started(start(model)));
    const targets = { [ENGINE]: { ask: bare.ask, pids: bare.pids } };
    for (const one of servers) targets[one.name] = await started(loadOn(one, expected));
    return await measureAll(targets, { clients, rounds, windowMs: model.seconds * 1000, tell, model });
  } finally {
    await Promise.all(stops.map((stop) => stop()));
  }
}

async function measureAll(targets, { clients, rounds, windowMs, tell, model }) {
  const byClients = {};
  for (const { ask } of Object.values(targets)) await warmUp(ask, Math.max(...clients));
  for (const count of clients) {
    const work = { clients: count, warmUpMs: WARM_UP_MS, windowMs };
    const measures = Object.entries(targets).map(([way, { ask, pids }]) => [
      way,
      () => ask({ ...work, pids }),
    ]);
    const windows = await inTurns(Object.fromEntries(measures), rounds);
    byClients[count] = windows;
    for (const [way, taken] of Object.entries(windows)) {
      const rate = median(taken.map((window) => window.callsPerSecond)).toFixed(0);
      tell(`${model.name}, ${count} clients, ${way}: ${rate} calls/s, spread ${spread(taken).toFixed(2)}`);
    }
  }
  return byClients;
}

async function warmUp(ask, clients) {
  const began = performance.now();
  const { calls, leastMs, mostMs } = FIRST_WARM_UP;
  for (let called = 0; ; called += CALLS_AT_ONCE) {
    const ms = performance.now() - began;
    if (ms >= mostMs || (ms >= leastMs && called >= calls)) return;
    await ask({ clients, calls: CALLS_AT_ONCE });
  }
}

function ourSide(way, model, server) {
  const { transport, port, request, numbers } = WAYS[way];
  const sent = request(model.name, model.input, model.json);
  return { transport, port: server.ports[port], request: sent, numbers, pids: server.pids };
}

/** A load generator that has had one answer, whose numbers were the engine's. */
async function loadOn({ name, transport, port, request, numbers, pids }, expected) {
  const load = startModule(CLIENT_CORE, "load.mjs");
  try {
    const answer = Buffer.from(await load.ask({ transport, port, request }));
    if (numbers) checkNumbers(name, numbers(answer), expected);
    return { ask: load.ask, stop: load.stop, pids };
  } catch (error) {
    await load.stop();
    throw new Error(`${name}: ${error.message}`);
  }
}

function checkNumbers(name, numbers, expected) {
  const largest = Math.max(...expected.map(Math.abs));
  const isWrong = (value, i) => !(Math.abs(value - expected[i]) <= LARGEST_ERROR * largest);
  if (numbers.length !== expected.length || Array.from(numbers).some(isWrong)) {
    throw new Error(`${name} answers other numbers than the engine`);
  }
}

function floats(bytes) {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
