import fc from "fast-check";
import { expect, it } from "vitest";
import { bytesSource } from "../../core/byte-source.ts";
import { Problem } from "../../core/errors.ts";
import { readZip } from "./read-zip.ts";
import { writeZip } from "./write-zip.ts";

function read(archive: Uint8Array): Map<string, Buffer> {
  const entries = readZip(bytesSource("test.zip", archive));
  if (entries instanceof Problem) throw new Error(entries.message);
  return new Map(
    [...entries.values()].map((entry) => {
      const source = entry.source();
      if (source instanceof Problem) throw new Error(source.message);
      return [entry.name, Buffer.from(source.read(0, source.size))];
    }),
  );
}

it("writes what readZip reads", () => {
  const entries = fc.uniqueArray(
    fc.record({ name: fc.stringMatching(/^[a-zé0-9_.]{1,12}$/), bytes: fc.uint8Array({ maxLength: 300 }) }),
    { selector: ({ name }) => name, maxLength: 6 },
  );
  fc.assert(
    fc.property(entries, (contents) => {
      const found = read(Buffer.concat(writeZip(contents)));
      expect([...found]).toEqual(contents.map(({ name, bytes }) => [name, Buffer.from(bytes)]));
    }),
  );
});
