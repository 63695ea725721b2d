// Names for versions: which version a label means.
// Invariant: a label that is moved goes on meaning its old version until the new one is available, so that it never
// stops answering; one that is new means its version from the start.
// Not here: whether a label may be given (configuration/configurator.ts).

interface Label {
  /** The version that was asked for last. */
  readonly target: bigint;
  /** The version it meant before, while the target is not available. */
  readonly before: bigint | undefined;
}

export class VersionLabels {
  #labels: ReadonlyMap<string, Label> = new Map();

  /** Replaces all labels. */
  assign(labels: ReadonlyMap<string, bigint>, isAvailable: (version: bigint) => boolean): void {
    const next = new Map<string, Label>();
    for (const [name, target] of labels) {
      const known = this.#labels.get(name);
      const before = known && (known.before ?? known.target);
      next.set(name, { target, before: isAvailable(target) || before === target ? undefined : before });
    }
    this.#labels = next;
  }

  /** A version became available: labels that waited for it mean it now. */
  arrived(version: bigint): void {
    const waits = ({ target, before }: Label): boolean => target === version && before !== undefined;
    if (![...this.#labels.values()].some(waits)) return;
    this.#labels = new Map(
      [...this.#labels].map(([name, label]) => [
        name,
        waits(label) ? { target: version, before: undefined } : label,
      ]),
    );
  }

  /** The version that a label means at present. */
  versionOf(label: string): bigint | undefined {
    const found = this.#labels.get(label);
    return found && (found.before ?? found.target);
  }

  /** What each label was given for. */
  targets(): ReadonlyMap<string, bigint> {
    return new Map([...this.#labels].map(([name, { target }]) => [name, target]));
  }
}
