// Checksums, computed by the processor's own instructions: crc32 for zip, crc32c for TensorFlow's files.
// As a CommonJS module among ES modules it would be parsed for its exports first, which takes as long as loading it.
import { createRequire } from "node:module";

type Crc32 = typeof import("@node-rs/crc32");

export const { crc32, crc32c } = createRequire(import.meta.url)("@node-rs/crc32") as Crc32; // require has no types
