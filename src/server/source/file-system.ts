// What watching directories needs of a file system, handed in, so that tests need no disk.

/** One file below a directory. */
export interface FileStat {
  /** Relative to the directory, with `/`. */
  readonly path: string;
  readonly size: number;
  /** When its contents or its name last changed, in milliseconds since 1970. */
  readonly changedMs: number;
}

export interface FileSystem {
  /** Names of the directories in a directory. Throws if it cannot be listed. */
  listDirectories(path: string): Promise<readonly string[]>;
  /** Every file below a directory, at most `limit` of them. */
  listFiles(path: string, limit: number): Promise<readonly FileStat[]>;
  /** Up to `length` bytes of a file from `offset`; fewer at its end. */
  read(path: string, offset: number, length: number): Promise<Uint8Array>;
}
