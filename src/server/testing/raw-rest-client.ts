// A REST client that sends the bytes it is given and keeps what comes back as it came.
// Its user destroys its socket.
import { connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { expect } from "vitest";

export class RawRestClient {
  text = "";
  isClosed = false;
  readonly socket: Socket;

  constructor(port: number, secure = false) {
    const place = { port, host: "127.0.0.1" };
    this.socket = secure ? connectSecurely({ ...place, rejectUnauthorized: false }) : connect(place);
    this.socket.on("data", (piece) => (this.text += piece.toString("latin1")));
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => (this.isClosed = true));
  }

  send(bytes: string): void {
    this.socket.write(bytes, "latin1");
  }

  /** The bodies that were answered so far, by their lengths. */
  get bodies(): string[] {
    const heads = [...this.text.matchAll(/Content-Length: (\d+)\r\n[\s\S]*?\r\n\r\n/g)];
    return heads.map((match) => this.text.slice(match.index + match[0].length).slice(0, Number(match[1])));
  }

  async until(condition: (client: this) => boolean): Promise<void> {
    await expect.poll(() => condition(this), { timeout: 15_000, interval: 5 }).toBe(true);
  }
}
