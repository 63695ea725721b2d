// Names of a model's inputs and outputs from where they stand in what `forward` takes and returns.
// Invariant: a .pt2 and a TorchScript archive of one model get the same names.

/** The way to one tensor: keys of dicts and names of fields are strings, places in tuples and lists are numbers. */
export type EndpointPath = readonly (string | number)[];

/** The keys joined by `_`; `output_` and the index among all outputs where the path has positions alone. */
export function outputName(path: EndpointPath, index: number): string {
  if (path.every((key) => typeof key === "number")) return `output_${index}`;
  const text = path.join("_");
  return typeof path[0] === "number" ? `output_${text}` : text;
}

/** The name, with a number if it stands already; from now on it is taken. */
export function uniqueName(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 1; taken.has(free); number++) free = `${name}_${number}`;
  taken.add(free);
  return free;
}
