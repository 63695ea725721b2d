// `torchferry replay`: sends logged requests to one or two servers, and compares answers and latency.
// Not here: sending and comparing (replay/), the table (cli/replay/print-replay.ts).
import { Command, InvalidArgumentError } from "commander";
import { fail } from "../../core/errors.ts";
import { openFile } from "../../files/open-file.ts";
import type { ReplayReport } from "../../replay/replay.ts";
import type { Io } from "../io.ts";
import { printReplay } from "../replay/print-replay.ts";

interface ReplayFlags {
  against: string[];
  concurrency: number;
  rate?: number;
  limit?: number;
  tolerance?: number;
  timeout: number;
  json?: boolean;
}

const EXAMPLES = `Examples:
  $ torchferry replay requests-20260131T120000-1-1.tfrecord --against localhost:8500 --against localhost:9500
  $ torchferry replay requests.tfrecord --against http://old:8501 --against http://new:8501 --concurrency 8
  $ torchferry replay models/resnet/1/assets.extra/tf_serving_warmup_requests --against localhost:8500
`;

const DESCRIPTION = `Sends the requests of a log (TFRecords of PredictionLog: torchferry serve's request log, or a warm-up file) to
one or two servers: torchferry, tensorflow_model_server, or any other that speaks TensorFlow Serving's gRPC or REST.
With two, the second one's answers are compared with the first one's; with one, its answers with the logged ones.`;

export function replayCommand(io: Io): Command {
  return new Command("replay")
    .summary("send logged requests to one or two servers, and compare answers and latency")
    .description(DESCRIPTION)
    .argument("<log>", "a file of logged requests")
    .requiredOption(
      "--against <address>",
      "a server: host:port for gRPC, http://host:port for REST; once or twice",
      collect,
    )
    .option("--concurrency <n>", "requests in flight at once", parseCount, 1)
    .option("--rate <n>", "requests begun each second; by default as many as get through", parsePositive)
    .option("--limit <n>", "requests to send at most", parseCount)
    .option(
      "--tolerance <error>",
      "the largest relative error that counts as equal, for all floats",
      parsePositive,
    )
    .option("--timeout <seconds>", "how long an answer may take", parsePositive, 60)
    .option("--json", "print the result as one JSON object")
    .addHelpText("before", EXAMPLES)
    .action(async (file: string, flags: ReplayFlags) => run(file, flags, io));
}

async function run(file: string, flags: ReplayFlags, io: Io): Promise<void> {
  const { replay } = await import("../../replay/replay.ts"); // other commands need none of it
  const { openTarget } = await import("../../replay/open-target.ts");
  const { readRequests } = await import("../../replay/read-requests.ts");
  if (flags.against.length > 2) fail("USAGE", { message: "give --against once or twice" });
  const targets = flags.against.map((address) => openTarget(address, flags.timeout * 1000));
  const source = openFile(file);
  try {
    const readAt = async (offset: number, length: number): Promise<Uint8Array> =>
      source.read(offset, Math.max(0, Math.min(length, source.size - offset)));
    const report = await replay({
      requests: readRequests(file, readAt),
      targets,
      concurrency: flags.concurrency,
      rate: flags.rate,
      limit: flags.limit,
      tolerance: flags.tolerance,
      pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      now: () => performance.now(),
    });
    if (report.requests === 0) fail("REPLAY_EMPTY", { file });
    if (flags.json) io.out(`${JSON.stringify(report, undefined, 2)}\n`);
    else printReplay(report, io);
    demandEqual(file, report);
  } finally {
    source.close();
    for (const target of targets) await target.close();
  }
}

function demandEqual(
  file: string,
  { targets, requests, compared, different, reference = "" }: ReplayReport,
): void {
  for (const { address, answered, failed } of targets) {
    if (answered === 0 && compared === different) fail("REPLAY_UNANSWERED", { address, count: failed });
  }
  if (different > 0) fail("REPLAY_DIFFERS", { file, count: different, total: requests, reference });
}

function collect(address: string, before: readonly string[] = []): string[] {
  return [...before, address];
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new InvalidArgumentError("A whole number from 1 on is wanted.");
  }
  return count;
}

function parsePositive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("A number above 0 is wanted.");
  return value;
}
