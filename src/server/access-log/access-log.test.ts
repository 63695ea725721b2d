import { describe, expect, it } from "vitest";
import { type AccessLogOptions, type AnsweredRequest, accessLog } from "./access-log.ts";

const FINE: AnsweredRequest = {
  protocol: "REST",
  call: "POST /v1/models/m:predict",
  status: "200",
  failed: false,
  bytesIn: 10,
  bytesOut: 20,
  micros: 1500,
  prediction: {
    model: "m",
    version: 3n,
    signature: "serving_default",
    rows: 2,
    problem: undefined,
    times: { total: 1_000_000, queue: 100_400, input: 0, infer: 800_600, output: 0 },
    batch: undefined,
  },
};
const FAILED: AnsweredRequest = { ...FINE, status: "404", failed: true, prediction: undefined };

function logged(requests: readonly AnsweredRequest[], options: Partial<AccessLogOptions> = {}): unknown[] {
  const lines: unknown[] = [];
  const tell = accessLog({
    what: "all",
    samplingRate: 1,
    log: (_, __, fields) => lines.push(fields),
    ...options,
  });
  for (const request of requests) tell(request);
  return lines;
}

describe("accessLog", () => {
  it("tells what was asked, what came of it, and where the time went", () => {
    expect(logged([FINE])).toEqual([
      {
        protocol: "REST",
        call: "POST /v1/models/m:predict",
        status: "200",
        model: "m",
        version: "3",
        signature: "serving_default",
        rows: 2,
        bytes_in: 10,
        bytes_out: 20,
        queue_us: 100,
        engine_us: 801,
        total_us: 1500,
      },
    ]);
    expect(logged([FAILED])).toEqual([
      {
        protocol: "REST",
        call: "POST /v1/models/m:predict",
        status: "404",
        bytes_in: 10,
        bytes_out: 20,
        total_us: 1500,
      },
    ]);
  });

  it("may tell failures alone", () => {
    expect(logged([FINE, FAILED], { what: "errors" })).toHaveLength(1);
  });

  it("samples what succeeds and keeps what fails", () => {
    const draws = [0.05, 0.5, 0.09, 0.99];
    const requests = [FINE, FINE, FAILED, FINE, FINE];
    const random = (): number => draws.shift() ?? 1;
    expect(logged(requests, { samplingRate: 0.1, random })).toHaveLength(3);
  });
});
