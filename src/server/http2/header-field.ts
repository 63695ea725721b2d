// A header, and what a request may do with one of its name.
// Source: RFC 9113, 8.2 (fields), 8.2.2 (what belongs to the connection), 8.3.1 (pseudo-headers).
// Invariant: whether a field is well formed is found out once, when it is read, and kept with it in the table.

export interface HeaderField {
  readonly name: string;
  readonly value: string;
  /** As HPACK counts it (RFC 7541, 4.1). */
  readonly size: number;
  readonly kind: FieldKind;
}

/** A pseudo-header's kind is its bit, so that a request's kinds can be told by one number. */
export type FieldKind =
  | typeof REGULAR
  | typeof METHOD
  | typeof SCHEME
  | typeof PATH
  | typeof AUTHORITY
  | typeof MALFORMED;
export const REGULAR = 0;
export const METHOD = 1;
export const SCHEME = 2;
export const PATH = 4;
export const AUTHORITY = 8;
export const MALFORMED = 16;

const ENTRY_BYTES = 32;
const PSEUDO: ReadonlyMap<string, FieldKind> = new Map([
  [":method", METHOD],
  [":scheme", SCHEME],
  [":path", PATH],
  [":authority", AUTHORITY],
]);
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
/** A token, in lower case. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** Bytes as characters; what ends a line, and what does not belong to text at all. */
const NO_VALUE = /[\0\r\n]/;

/** A field as it was sent, one character a byte. */
export function headerField(name: string, value: string): HeaderField {
  return { name, value, size: name.length + value.length + ENTRY_BYTES, kind: kindOf(name, value) };
}

function kindOf(name: string, value: string): FieldKind {
  if (NO_VALUE.test(value)) return MALFORMED;
  if (name.startsWith(":")) {
    const kind = PSEUDO.get(name);
    return kind === undefined || (kind === PATH && value === "") ? MALFORMED : kind;
  }
  if (!NAME.test(name) || OF_THE_CONNECTION.has(name)) return MALFORMED;
  return name === "te" && value !== "trailers" ? MALFORMED : REGULAR;
}

/** Fields by name, as a call's handler sees them. */
export class Headers {
  readonly #fields: readonly HeaderField[];

  constructor(fields: readonly HeaderField[]) {
    this.#fields = fields;
  }

  /** The value by its lower-case name; of several the first. */
  get(name: string): string | undefined {
    for (const field of this.#fields) if (field.name === name) return field.value;
    return undefined;
  }
}

/** Whether these can begin a request: the pseudo-headers that must be there, once and first, and nothing malformed. */
export function isRequest(fields: readonly HeaderField[]): boolean {
  let seen = 0;
  let regular = false;
  for (const { kind } of fields) {
    if (kind === REGULAR) regular = true;
    else if (kind === MALFORMED || regular || (seen & kind) !== 0) return false;
    else seen |= kind;
  }
  const needed = METHOD | SCHEME | PATH;
  return (seen & needed) === needed;
}

/** Whether these can end one. */
export function areTrailers(fields: readonly HeaderField[]): boolean {
  return fields.every(({ kind }) => kind === REGULAR);
}
