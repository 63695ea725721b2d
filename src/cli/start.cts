#!/usr/bin/env node
// The executable: gives libuv's pool of threads, on which models run, a thread for each core before anything starts it.
// CommonJS, because loading an ES module starts the pool with its default of four, which then stays.
// Source: https://docs.libuv.org/en/v1.x/threadpool.html
// Not here: the command line itself (main.ts), how many runs use the pool at once (engine/native/run-slots.ts).
const { availableParallelism }: typeof import("node:os") = require("node:os");

/** libuv's default, and what it keeps for files and name look-ups besides the runs. */
const LEAST_THREADS = 4;
const OTHER_THREADS = 2;

process.env["UV_THREADPOOL_SIZE"] ??= String(Math.max(LEAST_THREADS, availableParallelism() + OTHER_THREADS));

void import("./main.ts");
