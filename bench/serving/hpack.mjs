// HTTP/2's header compression as far as the load generator needs it: its own request headers, and in what comes back
// the fields `:status` and `grpc-status`. Names and values stay as they are encoded; the few looked for are known in
// plain and in Huffman's code. Source: RFC 7541.
const STATIC_FIELDS = 61;
const STATUS_200 = 8;
/** `:status` stands in the static table at 8 to 14, with one value each. */
const isStatusName = (index) => index >= STATUS_200 && index <= 14;
/** "grpc-status" in Huffman's code. */
const GRPC_STATUS = ["grpc-status", Buffer.from("9acac8b21234da8f", "hex").toString("latin1")];
/** "0" in Huffman's code, padded with ones. */
const ZERO = ["0", "\x07"];
const TWO_HUNDRED = ["200", "\x10\x01"];

/** The first block puts its fields into the server's table, all others name them there. */
export function requestBlocks(path, port) {
  const fields = [
    [0x44, path], // each byte: "literal, put into the table", with the name's place in the static table
    [0x41, `127.0.0.1:${port}`],
    [0x5f, "application/grpc"],
  ];
  const methodAndScheme = [0x83, 0x86]; // POST, http
  const te = [0x40, ...text("te"), ...text("trailers")];
  const later = [...fields, te].map((_, i, all) => 0x80 | (STATIC_FIELDS + all.length - i)); // the newest is 62
  return {
    first: Buffer.from([
      ...methodAndScheme,
      ...fields.flatMap(([byte, value]) => [byte, ...text(value)]),
      ...te,
    ]),
    later: Buffer.from([...methodAndScheme, ...later]),
  };
}

/** A string as it is, below 127 bytes. */
function text(value) {
  return [value.length, ...Buffer.from(value)];
}

/** Reads the header blocks of one connection, in their order. */
export class HeaderReader {
  #table = []; // newest first

  /** Whether the block says `:status: 200`, and whether `grpc-status: 0`. */
  read(block) {
    const found = { ok: false, grpcOk: false };
    let at = 0;
    const integer = (bits) => {
      const most = (1 << bits) - 1;
      let value = block[at++] & most;
      if (value < most) return value;
      for (let shift = 0; ; shift += 7) {
        const byte = block[at++];
        value += (byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    };
    const string = () => {
      const length = integer(7);
      at += length;
      return block.latin1Slice(at - length, at);
    };
    while (at < block.length) {
      const byte = block[at];
      if ((byte & 0xe0) === 0x20) {
        integer(5); // another size of the table, which never is as full as that
        continue;
      }
      const indexed = (byte & 0x80) !== 0;
      const kept = (byte & 0xc0) === 0x40;
      const index = integer(indexed ? 7 : kept ? 6 : 4);
      const field = indexed
        ? this.#at(index)
        : { name: index ? this.#at(index).name : string(), value: string() };
      if (kept) this.#table.unshift(field);
      if (field.name === ":status" && TWO_HUNDRED.includes(field.value)) found.ok = true;
      if (GRPC_STATUS.includes(field.name) && ZERO.includes(field.value)) found.grpcOk = true;
    }
    // What a server drops from its table is older than anything that it still names.
    this.#table.length = Math.min(this.#table.length, 256);
    return found;
  }

  #at(index) {
    if (index > STATIC_FIELDS) return this.#table[index - STATIC_FIELDS - 1];
    if (!isStatusName(index)) return { name: "", value: "" };
    return { name: ":status", value: index === STATUS_200 ? "200" : "" };
  }
}
