// Splits text at commas outside of brackets and strings.

/** The parts without surrounding blanks; none for empty text. Throws a SyntaxError if a bracket stays open. */
export function splitList(text: string): string[] {
  if (text.trim() === "") return [];
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (const [at, char] of [...text].entries()) {
    if (char === '"') quoted = !quoted;
    if (quoted) continue;
    if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) depth -= 1;
    else if (char === "," && depth === 0) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  if (depth !== 0 || quoted) throw new SyntaxError(`a bracket or string is left open in ${text}`);
  parts.push(text.slice(start).trim());
  return parts;
}
