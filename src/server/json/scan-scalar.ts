// One JSON literal whose bytes are all there: a number, NaN, Infinity, true, false or null.
// Grammar and error offsets are RapidJSON's ParseNumber, ParseNull, ParseTrue and ParseFalse.
export type Scalar = NumberScalar | WordScalar;

export interface NumberScalar {
  readonly type: "number";
  readonly value: number;
  /** The exact value, if it was written as an integer that fits 64 bits. */
  readonly integer: bigint | undefined;
  /** Bytes of the token that belong to it. */
  readonly length: number;
  /** The token; it may be longer than the literal. */
  readonly text: Uint8Array;
}

export interface WordScalar {
  readonly type: "true" | "false" | "null";
  readonly length: number;
  readonly text: Uint8Array;
}

export interface ScalarFailure {
  readonly reason: string;
  /** Bytes of the token before the error. */
  readonly at: number;
}

const INVALID_VALUE = "Invalid value.";
const TOO_BIG = "Number too big to be stored in double.";
const NO_FRACTION = "Miss fraction part in number.";
const NO_EXPONENT = "Miss exponent in number.";

const MAX_UINT64 = 2n ** 64n - 1n;
const MIN_INT64 = -(2n ** 63n);
/** RapidJSON refuses an exponent above this, less the digits after the point, whatever the digits are. */
const MAX_EXPONENT = 308;

/** Reads the literal that `token` begins with. */
export function scanScalar(token: Uint8Array): Scalar | ScalarFailure {
  switch (token[0]) {
    case 0x6e:
      return scanWord(token, "null");
    case 0x74:
      return scanWord(token, "true");
    case 0x66:
      return scanWord(token, "false");
    default:
      return scanNumber(token);
  }
}

function scanWord(token: Uint8Array, word: WordScalar["type"]): Scalar | ScalarFailure {
  const length = matching(token, 0, word);
  if (length < word.length) return { reason: INVALID_VALUE, at: length };
  return { type: word, length, text: token };
}

function scanNumber(token: Uint8Array): Scalar | ScalarFailure {
  const sign = token[0] === 0x2d ? 1 : 0;
  if (token[sign] === 0x4e || token[sign] === 0x49) return scanNonFinite(token, sign);
  const whole = token[sign] === 0x30 ? sign + 1 : skipDigits(token, sign);
  if (whole === sign) return { reason: INVALID_VALUE, at: sign };
  let end = whole;
  let fractionDigits = 0;
  if (token[end] === 0x2e) {
    const fraction = skipDigits(token, end + 1);
    fractionDigits = fraction - end - 1;
    if (fractionDigits === 0) return { reason: NO_FRACTION, at: fraction };
    end = fraction;
  }
  if (token[end] === 0x65 || token[end] === 0x45) {
    const signed = token[end + 1] === 0x2b || token[end + 1] === 0x2d;
    const digits = end + (signed ? 2 : 1);
    const exponent = skipDigits(token, digits);
    if (exponent === digits) return { reason: NO_EXPONENT, at: digits };
    const power = numberFromText(token, digits, exponent);
    if (token[end + 1] !== 0x2d && power > MAX_EXPONENT + fractionDigits) return { reason: TOO_BIG, at: 0 };
    end = exponent;
  }
  const value = numberFromText(token, 0, end);
  if (!Number.isFinite(value)) return { reason: TOO_BIG, at: 0 };
  const integer = end === whole ? integerFromText(token, end) : undefined;
  // The integer -0 has no sign.
  return { type: "number", value: integer === 0n ? 0 : value, integer, length: end, text: token };
}

function scanNonFinite(token: Uint8Array, sign: number): Scalar | ScalarFailure {
  if (token[sign] === 0x4e) {
    const length = matching(token, sign, "NaN");
    if (length < 3) return { reason: INVALID_VALUE, at: sign + length };
    return { type: "number", value: Number.NaN, integer: undefined, length: sign + 3, text: token };
  }
  let length = matching(token, sign, "Infinity");
  if (length < 3 || (length > 3 && length < 8)) return { reason: INVALID_VALUE, at: sign + length };
  length += sign;
  const value = sign ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return { type: "number", value, integer: undefined, length, text: token };
}

function integerFromText(token: Uint8Array, end: number): bigint | undefined {
  // Twenty digits and a sign are the most that 64 bits can take.
  if (end > 21) return undefined;
  const integer = BigInt(Buffer.from(token.buffer, token.byteOffset, end).toString("latin1"));
  return integer >= MIN_INT64 && integer <= MAX_UINT64 ? integer : undefined;
}

/** The correctly rounded double of a JSON number's text. */
function numberFromText(bytes: Uint8Array, start: number, end: number): number {
  return Number(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1"));
}

function skipDigits(token: Uint8Array, from: number): number {
  let at = from;
  while (at < token.length && (token[at] as number) >= 0x30 && (token[at] as number) <= 0x39) at++;
  return at;
}

/** How many bytes of `word` stand at `from`. */
function matching(token: Uint8Array, from: number, word: string): number {
  let length = 0;
  while (length < word.length && token[from + length] === word.charCodeAt(length)) length++;
  return length;
}
