import { describe, expect, it } from "vitest";
import type { Io } from "../io.ts";
import { type LogOptions, makeLog } from "./log.ts";

function logged(options: LogOptions, write: (log: ReturnType<typeof makeLog>) => void): string {
  let text = "";
  const io = { err: (part: string) => (text += part) } as unknown as Io; // the log uses nothing else
  write(makeLog(io, options));
  return text;
}

describe("makeLog", () => {
  it("writes one plain line a message", () => {
    const text = logged({ json: false, level: "info" }, (log) => {
      log("info", "loaded", { model: "digits", version: 2, path: "a b" });
      log("debug", "not shown");
    });
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z info loaded model=digits version=2 path="a b"\n$/);
  });

  it("may be made to say more, or less, while it runs", () => {
    const text = logged({ json: false, level: "info" }, (log) => {
      log.setLevel("debug");
      log("debug", "shown");
      log.setLevel("error");
      log("warn", "not shown");
    });
    expect(text).toMatch(/^\S+ debug shown\n$/);
  });

  it("writes JSON lines", () => {
    const text = logged({ json: true, level: "debug" }, (log) => log("warn", "slow", { ms: 7 }));
    expect(JSON.parse(text)).toMatchObject({ level: 40, msg: "slow", ms: 7 });
  });
});
