// Questions to another thread that it has not answered yet.

export class Questions<Question, Answer> {
  readonly #post: (question: Question) => void;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  constructor(post: (question: Question) => void) {
    this.#post = post;
  }

  /** The answer with the id that the question was made with. */
  ask(make: (id: number) => Question): Promise<Answer> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#post(make(id));
    });
  }

  answered(id: number, answer: Answer): void {
    this.#asked.get(id)?.(answer);
    this.#asked.delete(id);
  }

  /** Gives everything that is asked the same answer. */
  answerAll(answer: Answer): void {
    for (const resolve of this.#asked.values()) resolve(answer);
    this.#asked.clear();
  }
}
