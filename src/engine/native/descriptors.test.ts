import * as fs from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { CAN_WAIT_FOR_MANY, canDuplicate, closeDescriptor, duplicate, waitForMany } from "./descriptors.ts";

it.runIf(canDuplicate())(
  "a duplicate outlives the descriptor that it was made of, and stays with this process",
  () => {
    const original = fs.openSync("/dev/null", "r");
    const copy = duplicate(original);
    fs.closeSync(original);
    if (copy === undefined) throw new Error("there are descriptors enough");
    expect(fs.fstatSync(copy).isCharacterDevice()).toBe(true);
    if (process.platform === "linux") {
      const flags = /flags:\s*(\d+)/.exec(fs.readFileSync(`/proc/self/fdinfo/${copy}`, "utf8"))?.[1];
      expect(Number.parseInt(flags ?? "", 8) & 0o2000000).toBe(0o2000000); // O_CLOEXEC
    }
    closeDescriptor(copy);
    expect(() => fs.fstatSync(copy)).toThrow(/EBADF/);
    expect(duplicate(copy)).toBeUndefined();
  },
);

it.runIf(CAN_WAIT_FOR_MANY)("a socket is left alone until as much is there as is waited for", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  const client = connect(port, "127.0.0.1").setNoDelay(true);
  const socket = await accepted;
  // Where Node keeps the descriptor.
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  expect(waitForMany(fd, 100_000)).toBe(true);
  const first = new Promise<number>((resolve) => socket.once("data", ({ length }) => resolve(length)));
  for (const length of [40_000, 59_999, 1]) {
    client.write(new Uint8Array(length));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(socket.bytesRead).toBe(length === 1 ? 100_000 : 0);
  }
  await first;
  client.end(new Uint8Array(5));
  await new Promise((resolve) => socket.once("end", resolve));
  expect(socket.bytesRead).toBe(100_005);
  socket.destroy();
  server.close();
  expect(waitForMany(-1, 1)).toBe(false);
});
