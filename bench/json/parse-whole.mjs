// Parses a body whole that repeats the image of stdin, and prints { ms, growthBytes, sum } as receive.mjs does.
// Usage: node parse-whole.mjs IMAGES WARM_UP_IMAGES FLATTENED_IN_ONE_LINE < image, the last 0 or 1
import { readFileSync } from "node:fs";
import { measureCost, sumOf } from "./cost.mjs";
import { readWhole } from "./readers.mjs";

const image = readFileSync(0, "latin1");
const [images, warmUpImages, inOneLine] = process.argv.slice(2).map(Number);
const bodyOf = (count) => Buffer.from(`{"instances": [${Array(count).fill(image).join(", ")}]}`, "latin1");
readWhole(bodyOf(warmUpImages), "float32", inOneLine);
const text = bodyOf(images);

const cost = measureCost();
const tensor = readWhole(text, "float32", inOneLine);
console.log(JSON.stringify({ ...cost(), sum: sumOf(tensor) }));
