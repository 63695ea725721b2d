// Opens a port, with messages that say what to do when it cannot be had.
import type { Server } from "node:net";
import { FerryError, problem } from "../../core/errors.ts";

/** Listens, and resolves to the port. Throws PORT_IN_USE, PORT_DENIED or LISTEN_FAILED. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      const place = { host, port };
      const row =
        error.code === "EADDRINUSE"
          ? problem("PORT_IN_USE", place, error)
          : error.code === "EACCES"
            ? problem("PORT_DENIED", place, error)
            : problem("LISTEN_FAILED", { ...place, reason: error.message }, error);
      reject(new FerryError([row]));
    };
    server.once("error", refuse);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.removeListener("error", refuse);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}

/** Connections that may wait to be accepted, for clients that come all at once. */
const BACKLOG = 1024;
