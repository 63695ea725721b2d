// `torchferry serve` as the benches start it: one model, one thread in each of the engine's runs, on the first core unless
// it is given others.
import { torchferry } from "../processes.mjs";
import { familyPids } from "./cpu-time.mjs";
import { asking, becomesReady, freePorts, SERVER_CORE, spawnOn } from "./pinned-process.mjs";

/**
 * Starts it and waits until the model is available; one without a base has to be named by the flags. `beside` is a module
 * that the server's process loads too. Resolves to { ports, pids, stop, ask }, `ask` being for that module.
 */
export async function startOurServer({ name, base }, { cores = SERVER_CORE, flags = [], beside } = {}) {
  const [grpc, rest] = await freePorts(2);
  const served = base === undefined ? [] : ["--model_name", name, "--model_base_path", base];
  served.push("--tensorflow_intra_op_parallelism", "1");
  const command = torchferry("serve", ...served, "--port", grpc, "--rest_api_port", rest, ...flags);
  const options = beside
    ? {
        stdio: ["ignore", "ignore", "ignore", "ipc"],
        env: { ...process.env, NODE_OPTIONS: `--import=${beside}` },
      }
    : { stdio: "ignore" };
  const { child, stop } = spawnOn(cores, command.map(String), options);
  await becomesReady(`the server of ${name}`, child, async () => {
    const answer = await fetch(`http://127.0.0.1:${rest}/v1/models/${name}`);
    return answer.ok && (await answer.text()).includes("AVAILABLE");
  });
  return { ports: { grpc, rest }, pids: familyPids(child.pid), stop, ask: asking(child, name) };
}
