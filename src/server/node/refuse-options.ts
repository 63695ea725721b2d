// What is refused before anything is opened.
import { isIPv4 } from "node:net";
import { createSecureContext } from "node:tls";
import { fail } from "../../core/errors.ts";
import { secureOptions, type TlsOptions } from "../configuration/tls.ts";
import type { ServeOptions } from "./serve-options.ts";

/** No other machine reaches it. */
export const DEFAULT_ADMIN_HOST = "127.0.0.1";

/** Throws ADMIN_WITHOUT_TOKEN or TLS_REFUSED. */
export function refuseOptions(options: ServeOptions): void {
  refuseOpenAdmin(options);
  refuseBrokenKeys({ ssl_config_file: options.grpcTls, rest_api_ssl_config_file: options.restTls });
}

function refuseOpenAdmin({
  adminPort,
  adminHost: host = DEFAULT_ADMIN_HOST,
  adminTokens,
}: ServeOptions): void {
  if (adminPort !== undefined && !adminTokens && !isLoopback(host)) fail("ADMIN_WITHOUT_TOKEN", { host });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

function refuseBrokenKeys(all: Readonly<Record<string, TlsOptions | undefined>>): void {
  for (const [flag, tls] of Object.entries(all)) {
    if (!tls) continue;
    try {
      createSecureContext(secureOptions(tls));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      fail("TLS_REFUSED", { file: `--${flag}`, reason }, error);
    }
  }
}
