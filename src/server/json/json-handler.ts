// Who is told what a JSON parser meets (json-parser.ts).
import type { NumberLists } from "./number-lists.ts";
import type { Scalar } from "./scan-scalar.ts";
import type { TextSink } from "./text-buffer.ts";

/** What a parser reports to. Every value is one call, or a start and an end around its members. */
export interface JsonHandler {
  startObject(): void;
  endObject(): void;
  startArray(): void;
  endArray(): void;
  /** A member's name; a string value goes to `text`. */
  key(name: string): void;
  /** A string begins here. Its bytes, unescaped, go to the result, or nowhere. */
  text(): TextSink | undefined;
  /** The string that `text` announced is complete. */
  endText(): void;
  scalar(value: Scalar): void;
  /** Where plain numbers of the list at hand, and of those that follow, may be stored without being reported. */
  numbers(): NumberLists | undefined;
  /** So many numbers went into that column; its lists tell which are open now. */
  numbersStored(count: number): void;
}
