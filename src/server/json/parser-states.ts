// Where in a JSON text its parser stands, and what RapidJSON says is wrong there.

export const START = 0;
export const OBJECT_INITIAL = 1;
export const MEMBER_KEY = 2;
export const MEMBER_COLON = 3;
export const MEMBER_VALUE = 4;
export const MEMBER_COMMA = 5;
export const ARRAY_INITIAL = 6;
export const ELEMENT = 7;
export const ELEMENT_COMMA = 8;
export const FINISH = 9;

/** The error of an unexpected byte, by state. */
export const REASONS: readonly string[] = [
  "The document is empty.",
  "Missing a name for object member.",
  "Missing a colon after a name of object member.",
  "Invalid value.",
  "Missing a comma or '}' after an object member.",
  "Missing a name for object member.",
  "Invalid value.",
  "Missing a comma or ']' after an array element.",
  "Invalid value.",
];
export const INVALID_VALUE = "Invalid value.";
export const UNCLOSED_STRING = "Missing a closing quotation mark in string.";
export const CONTROL_IN_STRING = "Invalid escape character in string.";
export const NUMBER_TOO_BIG = "Number too big to be stored in double.";

/** UTF-8's byte order mark. */
export const MARK = [0xef, 0xbb, 0xbf];

/** Whether a string is being read, and which. */
export const NO_STRING = 0;
export const KEY_STRING = 1;
export const VALUE_STRING = 2;

export interface JsonSyntaxError {
  readonly reason: string;
  /** Bytes before it, as RapidJSON counts them. */
  readonly offset: number;
}
