// The head of a request over HTTP/1.1: its line and its fields, and how long the body behind them is.
// Source: RFC 9112 (3 the request line, 5 fields, 6 the body's length), RFC 9110 (5.6.2 tokens).
// Invariant: what two readers could understand differently is refused, never repaired: whoever stands between client and
// server must see the same requests as we do. Lines end in CRLF, names touch their colon, nothing is folded, a length is
// said once and in one way.
// Not here: finding where the head ends (node/http1-connection.ts), the body (chunked-body.ts).

export interface RequestHead {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  /** Of HTTP/1.x: 0 or 1. */
  readonly minorVersion: number;
  /** Names in lower case, each followed by its value. */
  readonly fields: readonly string[];
  /** Whether the connection is to stay open behind the answer. */
  readonly keepAlive: boolean;
  /** Bytes, or "chunked". */
  readonly bodyLength: number | "chunked";
  /** Whether the client waits for a 100 before it sends the body. */
  readonly expectsContinue: boolean;
}

/** The status that a head is refused with. */
export type HeadRefusal = 400 | 417 | 431 | 501 | 505;

/** Proxies pass on long heads with their tokens: Envoy takes 60 kB. */
export const MAX_HEAD_BYTES = 64 * 1024;
/** Requests have some tens of fields; reading 16,000 empty ones would hold the event loop for milliseconds. */
const MAX_FIELDS = 256;
/** Fifteen digits are a safe integer, and far more than any body may have. */
const MAX_LENGTH_DIGITS = 15;

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

const CR = 0x0d;

/** What the fields say about the message itself. */
class Framing {
  hosts = 0;
  lengths = 0;
  length = 0;
  codings = 0;
  coding = "";
  connection = "";
  expect = "";
  isWrong = false;

  take(name: string, value: string): void {
    switch (name) {
      case "host":
        this.hosts++;
        return;
      case "content-length":
        this.lengths++;
        if (!/^\d+$/.test(value) || value.length > MAX_LENGTH_DIGITS) this.isWrong = true;
        this.length = Number(value);
        return;
      case "transfer-encoding":
        this.codings++;
        this.coding = value.toLowerCase();
        return;
      case "connection":
        this.connection += `${value.toLowerCase()},`;
        return;
      case "expect":
        this.expect = value.toLowerCase();
    }
  }

  refuse(minorVersion: number): HeadRefusal | undefined {
    // A server that is asked for no host, or for two, cannot know that it is meant.
    if (this.isWrong || this.hosts > 1 || (this.hosts === 0 && minorVersion > 0)) return 400;
    if (this.lengths > 1 || this.codings > 1 || (this.lengths > 0 && this.codings > 0)) return 400;
    if (this.codings > 0 && minorVersion === 0) return 400;
    if (this.codings > 0 && this.coding !== "chunked") return 501;
    return this.expect !== "" && this.expect !== "100-continue" ? 417 : undefined;
  }

  keepsAlive(minorVersion: number): boolean {
    if (this.connection === "") return minorVersion > 0;
    const options = this.connection.split(",").map((option) => option.trim());
    return !options.includes("close") && (minorVersion > 0 || options.includes("keep-alive"));
  }
}

/** Whether a head may begin like this, so that whoever speaks another protocol need not be waited for. */
export function mayBegin(bytes: Uint8Array, start: number): boolean {
  const first = bytes[start] as number; // there is one
  return first === CR || TOKEN.test(String.fromCharCode(first));
}

/** Reads a head, without the empty line that ends it; each character is a byte. */
export function parseHead(text: string): RequestHead | HeadRefusal {
  let end = text.indexOf("\r\n");
  if (end < 0) end = text.length;
  const line = REQUEST_LINE.exec(text.slice(0, end));
  if (!line) return 400;
  const [, method = "", target = "", major, minor] = line;
  if (major !== "1" || (minor !== "0" && minor !== "1")) return 505;
  // It asks for a tunnel, and what follows is no message of ours.
  if (method === "CONNECT") return 501;
  const minorVersion = Number(minor);
  const fields: string[] = [];
  const framing = new Framing();
  while (end < text.length) {
    const start = end + 2;
    end = text.indexOf("\r\n", start);
    if (end < 0) end = text.length;
    if (!readField(text, start, end, fields)) return 400;
    if (fields.length > 2 * MAX_FIELDS) return 431;
    framing.take(fields[fields.length - 2] ?? "", fields[fields.length - 1] ?? "");
  }
  const refusal = framing.refuse(minorVersion);
  if (refusal) return refusal;
  return {
    method,
    url: originForm(target),
    minorVersion,
    fields,
    keepAlive: framing.keepsAlive(minorVersion),
    bodyLength: framing.codings > 0 ? "chunked" : framing.length,
    expectsContinue: framing.expect !== "" && minorVersion > 0,
  };
}

/** Path and query; through a proxy, scheme and host stand before them (RFC 9112, 3.2.2). */
function originForm(target: string): string {
  if (target.startsWith("/")) return target;
  const [, rest] = /^https?:\/\/[^/?#]*(.*)$/i.exec(target) ?? [];
  return rest === undefined ? target : rest.startsWith("/") ? rest : `/${rest}`;
}

/** Appends the name and the value of one line; false if it is none. */
function readField(text: string, start: number, end: number, fields: string[]): boolean {
  const colon = text.indexOf(":", start);
  if (colon < 0 || colon >= end) return false;
  const name = text.slice(start, colon);
  let from = colon + 1;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  const value = text.slice(from, to);
  if (!TOKEN.test(name) || NO_VALUE.test(value)) return false;
  fields.push(name.toLowerCase(), value);
  return true;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** The value of a field by its name in lower case; several of one name are one list. */
export function fieldOf(fields: readonly string[], name: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at] !== name) continue;
    found = found === undefined ? fields[at + 1] : `${found}, ${fields[at + 1]}`;
  }
  return found;
}
