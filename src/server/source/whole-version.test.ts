import { describe, expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { MemoryFiles, minimalSavedModel } from "../testing/memory-files.ts";
import { whyNotWhole } from "./whole-version.ts";

/** Why a directory with these files is not whole. */
async function why(files: Readonly<Record<string, Uint8Array>>, modelFiles: boolean) {
  const disk = new MemoryFiles(new FakeClock());
  for (const [name, bytes] of Object.entries(files)) disk.write(`/m/1/${name}`, bytes);
  return whyNotWhole(disk, "/m/1", await disk.listFiles("/m/1", 100), modelFiles);
}

/** An empty zip archive's end, behind so many other bytes. */
const archive = Uint8Array.of(...new Array(50).fill(7), 0x50, 0x4b, 5, 6, ...new Array(18).fill(0));

describe("whyNotWhole, of archives of PyTorch's", () => {
  it("takes one only where the engine converts it, and from its first to its last byte", async () => {
    expect(await why({ "net.pt2": archive }, false)).toBe("there is no saved_model.pb yet");
    expect(await why({ "net.pt2": archive }, true)).toBeUndefined();
    expect(await why({ "net.pt": archive.subarray(0, 71) }, true)).toBe("net.pt is not complete yet");
    expect(await why({ "net.pt": new Uint8Array(3) }, true)).toBe("net.pt is not complete yet");
    expect(await why({ "extra/net.pt2": archive }, true)).toBe("there is no saved_model.pb yet");
  });

  it("looks at the SavedModel where there is one", async () => {
    expect(
      await why({ "saved_model.pb": minimalSavedModel(), "net.pt2": new Uint8Array(3) }, true),
    ).toBeUndefined();
    expect(await why({ "saved_model.pb": new Uint8Array(3), "net.pt2": archive }, true)).toBe(
      "saved_model.pb is not complete yet",
    );
  });
});
