import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheBase, isConverted } from "./model-cache.ts";

let folder: string;
let model: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "cache-"));
  model = path.join(folder, "net.v2.pt2");
  fs.writeFileSync(model, "one");
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

describe("cacheBase", () => {
  it("lies where the environment says", () => {
    const below = (root: string) =>
      expect.stringMatching(new RegExp(`^${root}/models/net\\.v2-[0-9a-f]{16}$`));
    expect(cacheBase(model, "1", { TORCHFERRY_CACHE: "/c", XDG_CACHE_HOME: "/x" })).toEqual(below("/c"));
    expect(cacheBase(model, "1", { XDG_CACHE_HOME: "/x", HOME: "/h" })).toEqual(below("/x/torchferry"));
    expect(cacheBase(model, "1", { HOME: "/h" })).toEqual(below("/h/.cache/torchferry"));
  });

  it("changes with the file's contents and our version, and with nothing else", () => {
    const env = { TORCHFERRY_CACHE: "/c" };
    const before = cacheBase(model, "1", env);
    expect(cacheBase(model, "1", env)).toBe(before);
    const link = path.join(folder, "link.pt2");
    fs.symlinkSync(model, link);
    expect(cacheBase(link, "1", env).slice(-16)).toBe(before.slice(-16));
    expect(cacheBase(model, "2", env)).not.toBe(before);
    fs.writeFileSync(model, "other");
    expect(cacheBase(model, "1", env)).not.toBe(before);
  });
});

describe("isConverted", () => {
  it("wants a version with a SavedModel", () => {
    const base = path.join(folder, "base");
    expect(isConverted(base)).toBe(false);
    fs.mkdirSync(path.join(base, "1"), { recursive: true });
    expect(isConverted(base)).toBe(false);
    fs.writeFileSync(path.join(base, "1", "saved_model.pb"), "");
    expect(isConverted(base)).toBe(true);
  });
});
