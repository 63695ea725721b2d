// Reading JSON: tensors in the bodies of requests, beside JSON.parse with its lists flattened into a typed array.
// Usage: npm run bench -- json [--images 64] [--rounds 5] [--json]
// The first table is one body of 200 MB over a real socket, read by the server's own way from the socket to the tensor,
// each time in a process of its own; JSON.parse has the text in memory when its time begins. The second are bodies of
// several shapes, in one process, from memory. Rounds take turns; time is the processor's, the least of all rounds.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bodyOf, imageText, SHAPES } from "./json/bodies.mjs";
import { readPieces, readWhole } from "./json/readers.mjs";
import { median, printTable } from "./print-table.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const PIECE_BYTES = 64 * 1024;
const OURS = "as it arrives, from a socket";
/** Every way reads so many first. */
const WARM_UP_IMAGES = 4;

/** Measures and prints both tables. */
export async function run(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      images: { type: "string", default: "64" },
      rounds: { type: "string", default: "5" },
      json: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds);
  printTable(await measureLong(Number(values.images), rounds), values);
  console.log();
  printTable(
    Object.keys(SHAPES).map((name) => measureShape(name, rounds)),
    values,
  );
}

/** One row a way. The tensors of all have to be the same. */
async function measureLong(images, rounds) {
  const image = imageText();
  const bytes = images * (image.length + 2);
  const tensorBytes = images * 3 * 224 * 224 * 4;
  const ways = {
    [OURS]: () => readOverSocket(image, images),
    "JSON.parse, then flat(Infinity)": () => parsedWhole(image, images, 1),
    "JSON.parse, then loops": () => parsedWhole(image, images, 0),
  };
  const all = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [way, measure] of Object.entries(ways)) all[way].push(await measure());
  }
  const sums = new Set(Object.values(all).flatMap((results) => results.map(({ sum }) => sum)));
  if (sums.size !== 1) throw new Error(`the tensors differ: ${[...sums].join(", ")}`);
  const row = ([way, results]) => ({
    [`${images} images, ${(bytes / 1e6).toFixed(0)} MB`]: way,
    "of ours": median(results.map(({ ms }, round) => ms / all[OURS][round].ms)).toFixed(1),
    "CPU time, s": (Math.min(...results.map(({ ms }) => ms)) / 1000).toFixed(2),
    "MB/s": (bytes / 1000 / Math.min(...results.map(({ ms }) => ms))).toFixed(0),
    "memory, MB": (median(results.map(({ growthBytes }) => growthBytes)) / 1e6).toFixed(0),
    "of the tensor": (median(results.map(({ growthBytes }) => growthBytes)) / tensorBytes).toFixed(1),
  });
  return Object.entries(all).map(row);
}

/** A server reads the body from a socket; it says what that cost. */
async function readOverSocket(image, images) {
  const server = startChild("receive.mjs");
  const [line] = await once(server.stdout, "data");
  const socket = connect(Number(line), "127.0.0.1");
  const answer = answerOf(socket);
  await once(socket, "connect");
  // What is loaded and compiled once belongs to no body.
  for (const count of [WARM_UP_IMAGES, images]) {
    await send(socket, ['{"instances": [', ...joined(image, count), "]}"]);
    await answer.next();
  }
  const result = JSON.parse(answer.last);
  socket.destroy();
  server.kill();
  return result;
}

function* joined(image, images) {
  for (let index = 0; index < images; index++) yield index === 0 ? image : `, ${image}`;
}

async function send(socket, parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  socket.write(`POST / HTTP/1.1\r\nHost: bench\r\nContent-Length: ${length}\r\n\r\n`);
  for (const part of parts) if (!socket.write(part, "latin1")) await once(socket, "drain");
}

/** Collects the connection's answers; all have their length in the head. */
function answerOf(socket) {
  let text = "";
  let wake = () => undefined;
  socket.on("data", (piece) => {
    text += piece.toString("latin1");
    wake();
  });
  return {
    last: "",
    async next() {
      for (;;) {
        const [head, body] = text.split("\r\n\r\n", 2);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
        if (body !== undefined && body.length >= length) {
          this.last = body.slice(0, length);
          text = text.slice(head.length + 4 + length);
          return;
        }
        await new Promise((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** A process parses the body whole. */
async function parsedWhole(image, images, inOneLine) {
  const child = startChild("parse-whole.mjs", images, WARM_UP_IMAGES, inOneLine);
  child.stdin.end(image, "latin1");
  const pieces = await child.stdout.toArray();
  return JSON.parse(Buffer.concat(pieces).toString());
}

function startChild(script, ...args) {
  const command = [
    "--expose-gc",
    "--max-old-space-size=6000",
    path.join(HERE, "json", script),
    ...args.map(String),
  ];
  return spawn(process.execPath, command, { stdio: ["pipe", "pipe", "inherit"] });
}

function measureShape(name, rounds) {
  const { dtype, text, protocol } = bodyOf(name);
  const pieces = [];
  for (let at = 0; at < text.length; at += PIECE_BYTES) pieces.push(text.subarray(at, at + PIECE_BYTES));
  const repeats = Math.max(1, Math.round(2e7 / text.length));
  const times = { ours: [], whole: [] };
  if (Buffer.compare(readPieces(pieces, dtype, protocol), readWhole(text, dtype)) !== 0)
    throw new Error(`${name}: the tensors differ`);
  const measured = { ours: () => readPieces(pieces, dtype, protocol), whole: () => readWhole(text, dtype) };
  for (let round = 0; round < rounds; round++) {
    for (const [way, read] of Object.entries(measured)) {
      const began = process.cpuUsage();
      for (let repeat = 0; repeat < repeats; repeat++) read();
      const { user, system } = process.cpuUsage(began);
      times[way].push((user + system) / repeats);
    }
  }
  const speed = (way) => text.length / Math.min(...times[way]);
  return {
    body: name,
    MB: (text.length / 1e6).toFixed(2),
    "times JSON.parse": median(times.whole.map((us, round) => us / times.ours[round])).toFixed(1),
    "MB/s": speed("ours").toFixed(0),
    "JSON.parse, MB/s": speed("whole").toFixed(0),
  };
}
