// Opens a port or a unix socket, with messages that say what to do when it cannot be had.
import type { ListenOptions, Server } from "node:net";
import { FerryError, type Problem, problem } from "../../core/errors.ts";

/** Connections that may wait to be accepted, for clients that come all at once. */
const BACKLOG = 1024;

/** Listens, and resolves to the port. Throws PORT_IN_USE, PORT_DENIED or LISTEN_FAILED. */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  const place = { host, port };
  await begin(server, { ...place, backlog: BACKLOG }, (error) => {
    if (error.code === "EADDRINUSE") return problem("PORT_IN_USE", place, error);
    if (error.code === "EACCES") return problem("PORT_DENIED", place, error);
    return problem("LISTEN_FAILED", { ...place, reason: error.message }, error);
  });
  const address = server.address();
  return typeof address === "object" && address ? address.port : port;
}

/** Listens on a unix socket. Throws SOCKET_FAILED. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  await begin(server, { path, backlog: BACKLOG }, (error) =>
    problem("SOCKET_FAILED", { path, reason: error.message }, error),
  );
}

function begin(
  server: Server,
  where: ListenOptions,
  refusal: (error: NodeJS.ErrnoException) => Problem,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => reject(new FerryError([refusal(error)]));
    server.once("error", refuse);
    server.listen(where, () => {
      server.removeListener("error", refuse);
      resolve();
    });
  });
}
