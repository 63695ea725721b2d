// One port for calls that change something, REST and gRPC alike: the first bytes of a connection tell which it is.
// Source: RFC 9113, 3.4 (every HTTP/2 connection begins with `PRI * HTTP/2.0`).
// Invariant: nothing of a connection is lost on its way from the port to the protocol's server.
import { createServer, type Server, type Socket } from "node:net";
import type { Routes } from "../protocol.ts";
import { dispatchRest } from "../rest/dispatch.ts";
import { createRestServer } from "./http1.ts";
import { createGrpcServer, type GrpcServerOptions } from "./http2.ts";

/** As many bytes as tell `PRI` from every method of HTTP/1.1. */
const TELLING_BYTES = 3;
/** Whoever connects and says nothing is sent away. */
const FIRST_BYTES_MS = 10_000;

export interface AdminListener {
  readonly server: Server;
  /** Cuts every connection. */
  readonly destroy: () => void;
}

/** A listener that is not listening yet. */
export function createAdminListener(
  routes: Routes,
  options: Omit<GrpcServerOptions, "methods">,
): AdminListener {
  const rest = createRestServer(dispatchRest(routes.rest), options);
  const grpc = createGrpcServer({ ...options, methods: routes.grpc });
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", (error) => options.log("debug", `admin: ${error.message}`));
    readBeginning(socket, (beginning) => {
      const isGrpc = beginning.toString("latin1", 0, TELLING_BYTES) === "PRI";
      (isGrpc ? grpc : rest).serve(socket, beginning);
    });
  });
  return {
    server,
    destroy: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Calls back with what was read once it is clear what the client speaks. */
function readBeginning(socket: Socket, callBack: (beginning: Buffer) => void): void {
  let beginning = Buffer.alloc(0);
  const giveUp = (): void => void socket.destroy();
  const take = (piece: Buffer): void => {
    beginning = Buffer.concat([beginning, piece]);
    if (beginning.length < TELLING_BYTES) return;
    socket.off("data", take).off("timeout", giveUp).setTimeout(0).pause();
    callBack(beginning);
  };
  socket.setTimeout(FIRST_BYTES_MS).on("timeout", giveUp).on("data", take);
}
