// What an address means: `host:port` and grpc:// are gRPC, http:// and https:// REST, grpcs:// gRPC over TLS.
import { fail } from "../core/errors.ts";
import { GrpcTarget } from "./grpc-target.ts";
import { RestTarget } from "./rest-target.ts";
import type { Target } from "./target.ts";

/** The server at an address; nothing is sent yet. Throws REPLAY_ADDRESS. */
export function openTarget(address: string, timeoutMs: number): Target {
  const [, scheme = "grpc", place = ""] = /^(?:([a-z]+):\/\/)?([^/?#]+)\/?$/.exec(address) ?? [];
  const isPlace = /^(\[[0-9a-fA-F:.]+\]|[^:[\]@]+):\d{1,5}$/.test(place);
  if (scheme === "http" || scheme === "https") {
    if (URL.canParse(address) && place !== "") return new RestTarget(address, timeoutMs);
  } else if (isPlace && (scheme === "grpc" || scheme === "grpcs")) {
    return new GrpcTarget(address, `${scheme === "grpc" ? "http" : "https"}://${place}`, timeoutMs);
  }
  return fail("REPLAY_ADDRESS", { address });
}
