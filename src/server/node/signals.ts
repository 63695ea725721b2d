// SIGTERM and SIGINT end a server gracefully; a second one ends the process at once.
import type { RunningServer } from "./start-server.ts";

/** Drains the server at the first signal and exits with 0; exits with 1 at the second. */
export function wireSignals(server: RunningServer): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    server.drain().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}
