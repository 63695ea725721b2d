// HPACK's Huffman code.
// Source: RFC 7541, 5.2 and appendix B. The code is canonical: its lengths say all; codes of one length go up with the
// symbol, and shorter codes come first.
// Invariant: what is not filled up with at most seven ones, or holds the end's symbol, is refused.

/** Bits of each byte's code, and of the end's. */
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const END = 256;
const MAX_PADDING_BITS = 7;

/** Two entries a node: below 0 a symbol, as its complement; else the next node. Node 0 is the root. */
const TREE = buildTree();

/** The text, one character a byte; undefined if it is none. */
export function huffmanText(bytes: Uint8Array, from: number, to: number): string | undefined {
  let text = "";
  let node = 0;
  let bits = 0; // since the last symbol
  let onlyOnes = true;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    for (let shift = 7; shift >= 0; shift--) {
      const bit = (byte >> shift) & 1;
      const next = TREE[node * 2 + bit] ?? 0;
      bits++;
      if (bit === 0) onlyOnes = false;
      if (next >= 0) {
        node = next;
        continue;
      }
      if (~next === END) return undefined;
      text += String.fromCharCode(~next);
      node = 0;
      bits = 0;
      onlyOnes = true;
    }
  }
  return bits <= MAX_PADDING_BITS && onlyOnes ? text : undefined;
}

function buildTree(): Int16Array {
  const tree = new Int16Array(LENGTHS.length * 2);
  let nodes = 1;
  let code = 0;
  let length = 0;
  const symbols = LENGTHS.map((_, symbol) => symbol);
  symbols.sort((a, b) => (LENGTHS[a] ?? 0) - (LENGTHS[b] ?? 0) || a - b);
  for (const symbol of symbols) {
    const wanted = LENGTHS[symbol] ?? 0;
    code *= 2 ** (wanted - length);
    length = wanted;
    let node = 0;
    for (let shift = length - 1; shift > 0; shift--) {
      const entry = node * 2 + ((code >>> shift) & 1);
      if (tree[entry] === 0) tree[entry] = nodes++;
      node = tree[entry] ?? 0;
    }
    tree[node * 2 + (code & 1)] = ~symbol;
    code++;
  }
  return tree;
}
