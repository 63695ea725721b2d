// What a server is asked while its turns are measured. Everything was asked before, so that the code is compiled.
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { meansOfImages } from "../serving/large-json.mjs";
import { asPythonWritesIt, prepareModel, wave } from "../serving/models.mjs";
import { startOurServer } from "../serving/our-server.mjs";
import { CLIENT_CORE, startModule } from "../serving/pinned-process.mjs";
import { WAYS } from "../serving/requests.mjs";

/** What one turn should not exceed, in microseconds. */
export const LONG_US = 300;

const IMAGE = [1, 3, 224, 224];
const LARGEST_BODY_BYTES = 2 ** 29;
const MODELS = 100;
const SWITCHES = 6;
const METRICS = "/monitoring/prometheus/metrics";

/** By name: what a table calls it, and `measure(folder, stacks)`, which resolves to { turns, long } (record.mjs). */
export const CASES = {
  json: imageCase("an image as JSON, 3 MB", { way: "JSON", calls: 60 }),
  "json-clients": imageCase("the same, 4 clients", { way: "JSON", calls: 60, clients: 4 }),
  grpc: imageCase("an image over gRPC, 600 kB", { way: "gRPC", calls: 100 }),
  "grpc-clients": imageCase("the same, 4 clients", { way: "gRPC", calls: 100, clients: 4 }),
  binary: imageCase("an image over binary REST, 600 kB", { way: "binary REST", calls: 100 }),
  "binary-clients": imageCase("the same, 4 clients", { way: "binary REST", calls: 100, clients: 4 }),
  large: imageCase("64 images as JSON, 200 MB", { way: "JSON", calls: 3, count: 64 }),
  "tiny-json": { what: "16 floats as JSON, 64 clients", measure: (...args) => tiny("JSON", ...args) },
  "tiny-grpc": { what: "16 floats over gRPC, 64 clients", measure: (...args) => tiny("gRPC", ...args) },
  reload: { what: `a configuration of ${MODELS} models, reloaded`, measure: reload },
  metrics: { what: `metrics of ${MODELS} models`, measure: metrics },
  switch: { what: "versions of resnet18 that follow each other", measure: switches },
};

/** So many calls with `count` images each. */
function imageCase(what, asked) {
  return { what, measure: (folder, stacks) => images(asked, folder, stacks) };
}

async function images({ way, calls, clients = 1, count = 1 }, folder, stacks) {
  const base = path.join(folder, "means");
  mkdirSync(path.join(base, "1"), { recursive: true });
  writeFileSync(path.join(base, "1", "model.onnx"), meansOfImages());
  const flags = ["--rest_api_max_body_bytes", LARGEST_BODY_BYTES];
  const shape = [count, ...IMAGE.slice(1)];
  const input = { name: "x", shape, data: wave(shape) };
  const one = asPythonWritesIt(wave(IMAGE), IMAGE).slice(1, -1);
  const json = `[${Array.from({ length: count }, () => one).join(", ")}]`;
  return measured({ name: "means", base }, flags, stacks, async ({ ports, during }) => {
    const load = await startLoad(way, ports, "means", input, json);
    try {
      await load.ask({ clients, calls });
      return await during(() => load.ask({ clients, calls }));
    } finally {
      await load.stop();
    }
  });
}

/** 64 clients that call again as soon as they are answered. */
async function tiny(way, folder, stacks) {
  const model = prepareModel("tiny", folder);
  return measured(model, [], stacks, async ({ ports, during }) => {
    const load = await startLoad(way, ports, model.name, model.input, model.json);
    try {
      await load.ask({ clients: 64, calls: 30_000 });
      return await during(() => load.ask({ clients: 64, calls: 30_000 }));
    } finally {
      await load.stop();
    }
  });
}

async function startLoad(way, ports, name, input, json) {
  const { transport, port, request } = WAYS[way];
  const load = startModule(CLIENT_CORE, "load.mjs");
  await load.ask({ transport, port: ports[port], request: request(name, input, json) });
  return load;
}

/** The file names other models for half of them, then the first ones again. */
async function reload(folder, stacks) {
  return withManyModels(folder, stacks, async ({ rest, during, write }) => {
    const change = async (first) => {
      write(first);
      const last = first + MODELS - 1;
      await until(rest, `/v1/models/m${last}`, (status) => status.includes("AVAILABLE"));
      await sleep(500); // what is not named any more goes
    };
    await change(MODELS / 2);
    await change(0);
    return during(async () => {
      await change(MODELS / 2);
      await change(0);
    });
  });
}

/** Every model was asked once. */
async function metrics(folder, stacks) {
  return withManyModels(folder, stacks, async ({ rest, during, model }) => {
    const body = `{"instances": ${model.json}}`;
    for (let at = 0; at < MODELS; at++) {
      const answer = await fetch(`${rest}/v1/models/m${at}:predict`, { method: "POST", body });
      if (!answer.ok) throw new Error(`m${at}: ${await answer.text()}`);
      await answer.text();
    }
    const read = async () => {
      for (let call = 0; call < 20; call++) await (await fetch(`${rest}${METRICS}`)).text();
    };
    await read();
    return during(read);
  });
}

/** A server whose configuration names many models, all of one directory. */
async function withManyModels(folder, stacks, use) {
  const model = prepareModel("tiny", folder);
  const config = path.join(folder, "models.config");
  const write = (first) => {
    const entries = Array.from({ length: MODELS }, (_, at) => {
      const name = `m${first + at}`;
      return `config { name: "${name}" base_path: "${path.join(folder, name)}" model_platform: "tensorflow" }`;
    });
    writeFileSync(`${config}.new`, `model_config_list { ${entries.join("\n")} }`);
    renameSync(`${config}.new`, config);
  };
  for (let at = 0; at < MODELS * 1.5; at++) symlinkSync(model.base, path.join(folder, `m${at}`));
  write(0);
  const monitoring = path.join(folder, "monitoring.config");
  writeFileSync(monitoring, `prometheus_config { enable: true path: "${METRICS}" }`);
  const flags = ["--model_config_file", config, "--model_config_file_poll_wait_seconds", "1"];
  flags.push("--monitoring_config_file", monitoring);
  return measured({ name: `m${MODELS - 1}` }, flags, stacks, ({ ports, during }) =>
    use({ rest: `http://127.0.0.1:${ports.rest}`, during, write, model }),
  );
}

/** Each version takes the place of the one before, while nobody asks. */
async function switches(folder, stacks) {
  const model = prepareModel("resnet18", folder);
  return measured(model, [], stacks, async ({ ports, during }) => {
    const rest = `http://127.0.0.1:${ports.rest}`;
    let version = 1;
    const next = async () => {
      renameSync(path.join(model.base, String(version)), path.join(model.base, `.${version + 1}`));
      version += 1;
      renameSync(path.join(model.base, `.${version}`), path.join(model.base, String(version)));
      await until(rest, `/v1/models/${model.name}/versions/${version}`, (text) => text.includes("AVAILABLE"));
      await until(rest, `/v1/models/${model.name}/versions/${version - 1}`, (text) => text.includes("END"));
    };
    await next();
    return during(async () => {
      for (let count = 0; count < SWITCHES; count++) await next();
    });
  });
}

async function until(rest, address, isReached) {
  for (;;) {
    const answer = await fetch(`${rest}${address}`);
    if (isReached(await answer.text())) return;
    await sleep(20);
  }
}

/** A server that records its turns, and ends with `use`, which is given its ports and `during`. */
async function measured(model, flags, stacks, use) {
  const record = new URL("record.mjs", import.meta.url).href;
  const { ports, ask, stop } = await startOurServer(model, { flags, beside: record });
  const during = async (work) => {
    await ask({ begin: { longUs: LONG_US, stacks } });
    await work();
    return ask({ end: true });
  };
  try {
    return await use({ ports, during });
  } finally {
    await stop();
  }
}
