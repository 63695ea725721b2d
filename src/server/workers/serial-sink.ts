// Records of several threads on their way to the same files, one write after the other.
import type { RecordSink } from "../request-log/request-log.ts";

export class SerialSink implements RecordSink {
  readonly #sink: RecordSink;
  #last: Promise<unknown> = Promise.resolve();

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  write(prefix: string, records: readonly (readonly Uint8Array[])[]): Promise<void> {
    const written = this.#last.then(() => this.#sink.write(prefix, records));
    this.#last = written.catch(() => undefined); // whoever wrote it is told
    return written;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#sink.close();
  }
}
