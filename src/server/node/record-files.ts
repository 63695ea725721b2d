// The request log's files: PREFIX-20260131T120000-1234-1.tfrecord, one after another.
// Layout of the name: when the file was begun (UTC), the process, the file's number in it.
// Invariant: a file holds whole records only; what a full disk cut off is taken away again.
import { type FileHandle, mkdir, open } from "node:fs/promises";
import * as path from "node:path";
import type { Logging } from "../request-log/logging.ts";
import type { RecordSink } from "../request-log/request-log.ts";

export interface RecordFileOptions {
  /** A file of this size is followed by another. */
  readonly maxFileBytes: number;
  /** Likewise one with so many records; 0 is any number. */
  readonly maxFileRecords: number;
}

/** What --request_log_* set. */
export interface RequestLogFiles extends RecordFileOptions {
  /** Bytes of tensors that may wait to be written. */
  readonly queueBytes: number;
  /** Of models whose configuration does not say. */
  readonly everyModel: Logging | undefined;
}

/** Files of a size that is quickly copied, and no more waiting than a slow disk writes in a second. */
export const DEFAULT_REQUEST_LOG: RequestLogFiles = {
  maxFileBytes: 2 ** 28,
  maxFileRecords: 0,
  queueBytes: 2 ** 26,
  everyModel: undefined,
};

interface OpenFile {
  readonly handle: FileHandle;
  bytes: number;
  records: number;
}

/** Pieces below this are joined, so that they are one call to the system. */
const JOINED_BYTES = 2 ** 20;

export class RecordFiles implements RecordSink {
  readonly #options: RecordFileOptions;
  readonly #open = new Map<string, OpenFile>();
  #count = 0;

  constructor(options: RecordFileOptions) {
    this.#options = options;
  }

  async write(prefix: string, records: readonly (readonly Uint8Array[])[]): Promise<void> {
    let rest = records;
    while (rest.length > 0) {
      const file = this.#open.get(prefix) ?? (await this.#begin(prefix));
      const fitting = rest.slice(0, this.#roomIn(file));
      await this.#append(prefix, file, fitting);
      rest = rest.slice(fitting.length);
    }
  }

  async close(): Promise<void> {
    for (const prefix of [...this.#open.keys()]) await this.#end(prefix);
  }

  /** Records that the file takes by their number. */
  #roomIn({ records }: OpenFile): number {
    const { maxFileRecords } = this.#options;
    return maxFileRecords > 0 ? maxFileRecords - records : Number.POSITIVE_INFINITY;
  }

  async #begin(prefix: string): Promise<OpenFile> {
    await mkdir(path.dirname(prefix), { recursive: true });
    const time = new Date().toISOString().replace(/[-:]|\.\d+Z$/g, "");
    // Requests may hold what others must not read.
    const handle = await open(`${prefix}-${time}-${process.pid}-${++this.#count}.tfrecord`, "wx", 0o640);
    const file = { handle, bytes: 0, records: 0 };
    this.#open.set(prefix, file);
    return file;
  }

  async #append(prefix: string, file: OpenFile, records: readonly (readonly Uint8Array[])[]): Promise<void> {
    const pieces = records.flat();
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    try {
      for (const piece of length < JOINED_BYTES ? [Buffer.concat(pieces)] : pieces) {
        await file.handle.writeFile(piece);
      }
    } catch (error) {
      await file.handle.truncate(file.bytes).catch(() => undefined); // told by what is thrown
      await this.#end(prefix);
      throw error;
    }
    file.bytes += length;
    file.records += records.length;
    if (file.bytes >= this.#options.maxFileBytes || this.#roomIn(file) <= 0) await this.#end(prefix);
  }

  async #end(prefix: string): Promise<void> {
    const file = this.#open.get(prefix);
    this.#open.delete(prefix);
    await file?.handle.close().catch(() => undefined); // whatever could be written was
  }
}
