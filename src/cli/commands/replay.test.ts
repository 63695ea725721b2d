import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { encodeRecord } from "../../bytes/tf-record.ts";
import type { ReplayReport } from "../../replay/replay.ts";
import { printReplay } from "../replay/print-replay.ts";
import { runCli } from "../testing/run-cli.ts";

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function logFile(bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), "torchferry-replay-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "log.tfrecord");
  writeFileSync(file, bytes);
  return file;
}

/** A predict request of a model `m`, without inputs. */
const PREDICT = encodeRecord(Buffer.from("32070a050a030a016d", "hex"));

describe("torchferry replay", () => {
  it("says what is wrong with the command line", async () => {
    expect((await runCli(["replay", "log"])).exitCode).toBe(2);
    expect(
      await runCli(["replay", "log", "--against", "a:1", "--against", "b:1", "--against", "c:1"]),
    ).toMatchObject({
      exitCode: 2,
    });
    expect(await runCli(["replay", "log", "--against", "nowhere"])).toMatchObject({ exitCode: 2 });
    expect(await runCli(["replay", "log", "--against", "a:1", "--rate", "0"])).toMatchObject({ exitCode: 2 });
  });

  it("says what is wrong with the log", async () => {
    const against = ["--against", "127.0.0.1:9"];
    expect((await runCli(["replay", "/no/such/log", ...against])).exitCode).toBe(3);
    const other = await runCli(["replay", logFile(Buffer.from("not a log at all")), ...against]);
    expect([other.exitCode, other.err]).toEqual([3, expect.stringContaining("record 1 cannot be read")]);
    const empty = await runCli(["replay", logFile(new Uint8Array(0)), ...against]);
    expect([empty.exitCode, empty.err]).toEqual([3, expect.stringContaining("holds no request")]);
  });

  it("says that nobody answers", async () => {
    const { exitCode, err, out } = await runCli([
      "replay",
      logFile(PREDICT),
      "--against",
      "127.0.0.1:9",
      "--json",
    ]);
    expect([exitCode, err]).toEqual([1, expect.stringContaining("answered none of 1 requests")]);
    expect(JSON.parse(out)).toMatchObject({ requests: 1, targets: [{ answered: 0, failed: 1 }] });
  });
});

describe("the table", () => {
  const REPORT: ReplayReport = {
    requests: 12,
    seconds: 2,
    targets: [
      { address: "old:8500", answered: 12, failed: 0, latency: { p50: 10, p90: 20, p99: 40 } },
      { address: "new:8500", answered: 11, failed: 1, latency: { p50: 5, p90: 30, p99: 40 } },
    ],
    reference: "old:8500",
    compared: 12,
    different: 2,
    differences: [{ request: 7, reason: "y: 1 instead of NaN at element 0" }],
    largestError: 4.14e-7,
  };

  function printed(report: ReplayReport): string {
    let text = "";
    const io = {
      out: (part: string) => {
        text += part;
      },
      err: () => undefined,
      outIsTerminal: false,
      errIsTerminal: false,
      columns: undefined,
      env: {},
      ownCommand: (): [string] => [""],
      stopRequested: () => new Promise<void>(() => undefined),
    };
    printReplay(report, io);
    return text;
  }

  it("sets latency side by side, and lists what differs", () => {
    expect(printed(REPORT)).toBe(
      [
        "server           answered  failed  p50 ms  p90 ms  p99 ms",
        "old:8500               12       0   10.00   20.00   40.00",
        "new:8500               11       1    5.00   30.00   40.00",
        "second to first                     0.50x   1.50x   1.00x",
        "",
        "12 requests in 2.0 s, 6.0 a second",
        "10 of 12 equal to old:8500, largest relative error 4.1e-7",
        "  request 7: y: 1 instead of NaN at element 0",
        "  and 1 more",
        "",
      ].join("\n"),
    );
  });

  it("says that there was nothing to compare with", () => {
    const text = printed({ ...REPORT, reference: undefined, compared: 0, different: 0, differences: [] });
    expect(text).toContain("compared with nothing: the log holds no answers");
  });
});
