import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FerryError } from "../core/errors.ts";
import { openFile, siblingOpener } from "./open-file.ts";

let folder: string;
const at = (...parts: string[]) => path.join(folder, ...parts);

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "open-file-"));
  fs.mkdirSync(at("model", "weights"), { recursive: true });
  fs.writeFileSync(at("model", "model.onnx"), "abcdef");
  fs.writeFileSync(at("model", "weights", "w.bin"), "weights");
  fs.writeFileSync(at("secret"), "secret");
  fs.symlinkSync(at("secret"), at("model", "link.bin"));
  fs.symlinkSync(at("model", "weights"), at("model", "linked-folder"));
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof FerryError) return error.code;
    throw error;
  }
  return "nothing thrown";
}

describe("openFile", () => {
  it("reads ranges, and only those inside", () => {
    const file = openFile(at("model", "model.onnx"));
    expect(file.size).toBe(6);
    expect(Buffer.from(file.read(2, 3)).toString()).toBe("cde");
    expect(file.read(6, 0)).toHaveLength(0);
    expect(() => file.read(4, 3)).toThrow(RangeError);
    expect(() => file.read(-1, 1)).toThrow(RangeError);
    file.close();
  });

  it("says what is wrong with a path", () => {
    expect(codeOf(() => openFile(at("nothing")))).toBe("FILE_NOT_FOUND");
    expect(codeOf(() => openFile(at("secret", "below")))).toBe("FILE_NOT_FOUND");
    expect(codeOf(() => openFile(folder))).toBe("NOT_A_FILE");
    expect(codeOf(() => openFile("/dev/null"))).toBe("FILE_UNREADABLE");
  });

  it("notices a file that becomes shorter", () => {
    fs.writeFileSync(at("shrinking"), "0123456789");
    const file = openFile(at("shrinking"));
    fs.truncateSync(at("shrinking"), 4);
    expect(codeOf(() => file.read(0, 10))).toBe("FILE_UNREADABLE");
    file.close();
  });
});

describe("siblingOpener", () => {
  it("opens files under the model's folder, each once", () => {
    const siblings = siblingOpener(at("model", "model.onnx"));
    const weights = siblings.open("weights/w.bin");
    expect(siblings.open("weights/w.bin")).toBe(weights);
    expect(Buffer.from(weights.read(0, 7)).toString()).toBe("weights");
    expect(siblings.open("./weights/../weights/w.bin").size).toBe(7);
    siblings.close();
    expect(() => weights.read(0, 1)).toThrow();
  });

  it.each([
    "../secret",
    "weights/../../secret",
    "/etc/hostname",
    "link.bin",
    "linked-folder/w.bin",
    "",
    "a\0b",
  ])("refuses %j", (location) => {
    const siblings = siblingOpener(at("model", "model.onnx"));
    expect(codeOf(() => siblings.open(location))).toBe("EXTERNAL_FILE_REFUSED");
    siblings.close();
  });

  it("names the missing file", () => {
    const siblings = siblingOpener(at("model", "model.onnx"));
    expect(codeOf(() => siblings.open("absent.bin"))).toBe("FILE_NOT_FOUND");
  });
});
