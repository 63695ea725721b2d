// The header grpc-timeout: up to eight digits and a unit.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Timeout)

const MILLISECONDS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Milliseconds until the deadline, rounded up; undefined if there is none, or if the header is not one. */
export function parseTimeout(header: string | undefined): number | undefined {
  const match = header === undefined ? null : /^(\d{1,8})([HMSmun])$/.exec(header);
  if (!match) return undefined;
  return Math.ceil(Number(match[1]) * (MILLISECONDS[match[2] ?? ""] ?? 0));
}
