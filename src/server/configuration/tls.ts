// Keys and certificates: SSLConfig as node:tls takes it.
// Source: TensorFlow Serving's config/ssl_config.proto and server.cc; the strings are PEM text, not file names.
import type { SSLConfig } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { type Problem, problem } from "../../core/errors.ts";

export interface TlsOptions {
  readonly key: string;
  readonly cert: string;
  /** The authorities that clients' certificates are checked against. */
  readonly ca: string | undefined;
  /** Whether a client without a good certificate is turned away. */
  readonly clientVerify: boolean;
}

/** The options that a file of that name means. */
export function tlsOptions(config: SSLConfig, file: string): TlsOptions | Problem {
  const { serverKey: key, serverCert: cert, customCa, clientVerify } = config;
  if (key === "" || cert === "") {
    return problem("TLS_NO_CERTIFICATE", { file, missing: key === "" ? "server_key" : "server_cert" });
  }
  return { key, cert, ca: customCa || undefined, clientVerify };
}

/** node:tls's names for it. */
export function secureOptions({ key, cert, ca, clientVerify }: TlsOptions) {
  return { key, cert, requestCert: clientVerify, rejectUnauthorized: clientVerify, ...(ca ? { ca } : {}) };
}
