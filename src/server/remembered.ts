// What a text led to before, for clients that send the same few again and again.
// Invariant: whoever makes texts up gains nothing, and holds no memory by it.

export class Remembered<T> {
  readonly #most: number;
  readonly #longest: number;
  readonly #known = new Map<string, T>();

  /** At most so many texts, and none of more characters. */
  constructor(most: number, longest: number) {
    this.#most = most;
    this.#longest = longest;
  }

  get(text: string): T | undefined {
    return this.#known.get(text);
  }

  /** Where there are too many, all others are forgotten. */
  remember(text: string, value: T): void {
    if (text.length > this.#longest) return;
    if (this.#known.size === this.#most) this.#known.clear();
    this.#known.set(text, value);
  }
}
