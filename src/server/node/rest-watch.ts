// Follows one request over HTTP/1.1 for whoever logs it; whoever answers it counts.
import type { AnsweredRequest } from "../access-log/access-log.ts";
import { type RequestListener, Watch } from "./watch-request.ts";

/** nginx's status of a request whose client left before it was answered. */
const CLIENT_GONE = 499;

export class RestWatch extends Watch {
  /** The answer's, once one begins. */
  status = CLIENT_GONE;
  /** Of the bodies. */
  bytesIn = 0;
  bytesOut = 0;
  readonly #call: string;
  readonly #tell: RequestListener;

  constructor(call: string, tell: RequestListener) {
    super();
    this.#call = call;
    this.#tell = tell;
  }

  /** The answer was written, or the client left before it was. */
  end(isAnswered: boolean): void {
    const status = isAnswered ? this.status : CLIENT_GONE;
    const call = this.#call;
    this.#tell({ protocol: "REST", call, status: String(status), failed: status >= 400, ...this.facts() });
  }

  override facts(): Pick<AnsweredRequest, "bytesIn" | "bytesOut" | "micros" | "prediction"> {
    const { bytesIn, bytesOut } = this;
    return { ...super.facts(), bytesIn, bytesOut };
  }
}
