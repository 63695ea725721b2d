// What a byte may begin or belong to, where JSON's parser has to know.

/** `,`, `:`, `]`, `}` and the NUL that ends a document; anything else is taken for a number that is none. */
export function isStructural(byte: number): boolean {
  return byte === 0 || byte === 0x2c || byte === 0x3a || byte === 0x5d || byte === 0x7d;
}

/** Bytes of numbers, `true`, `NaN` and the like, and of whatever else a client mistook for a literal. */
export function isScalarByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a)
  );
}

export function beginsNumber(byte: number): boolean {
  return byte === 0x2d || (byte >= 0x30 && byte <= 0x39);
}
