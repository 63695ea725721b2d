// The head of an answer over HTTP/1.1.
// Source: RFC 9112 (4 the status line), RFC 9110 (6.6.1 Date, 7.6.1 Connection).
import { STATUS_CODES } from "node:http";

/** How the end of the body is told: its length, chunks, or the end of the connection. */
export type BodyEnd = number | "chunked" | "close";

export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly end: BodyEnd;
  /** Seconds that the connection stays open for another request; undefined closes it. */
  readonly keepAliveSeconds: number | undefined;
}

let dateSecond = -1;
let dateLine = "";

/** The text, with the empty line at its end; each character is a byte. */
export function answerHead({ status, headers, end, keepAliveSeconds }: AnswerHead): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
  for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
  if (typeof end === "number") text += `Content-Length: ${end}\r\n`;
  else if (end === "chunked") text += "Transfer-Encoding: chunked\r\n";
  text += date();
  return keepAliveSeconds === undefined
    ? `${text}Connection: close\r\n\r\n`
    : `${text}Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveSeconds}\r\n\r\n`;
}

/** The line is made once in a second. */
function date(): string {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateLine = `Date: ${new Date(now).toUTCString()}\r\n`;
  }
  return dateLine;
}
