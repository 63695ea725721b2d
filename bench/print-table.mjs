// Prints rows as a table for people, as JSON for scripts, or as Markdown for docs/benchmarks.md.

/** Prints an array of flat objects; the keys of the first are the columns. */
export function printTable(rows, { json }) {
  if (json) {
    console.log(JSON.stringify(rows, null, 1));
    return;
  }
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? "")))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i].length)));
  const line = (texts) =>
    texts.map((text, i) => (i ? text.padStart(widths[i]) : text.padEnd(widths[0]))).join("  ");
  console.log(
    [line(cells[0]), widths.map((width) => "-".repeat(width)).join("  "), ...cells.slice(1).map(line)].join(
      "\n",
    ),
  );
}

/** Prints several tables, by title; those without rows are left out. As JSON they are one object. */
export function printTables(tables, { json, markdown }) {
  const filled = Object.entries(tables).filter(([, rows]) => rows.length > 0);
  if (json) console.log(JSON.stringify(Object.fromEntries(filled), null, 1));
  else {
    for (const [title, rows] of filled) {
      console.log(`\n${title}\n`);
      if (markdown) console.log(markdownTable(rows));
      else printTable(rows, { json });
    }
  }
}

/** Numbers stand to the right. */
function markdownTable(rows) {
  const columns = Object.keys(rows[0]);
  const isText = (column) => rows.some((row) => /^[a-z]/i.test(String(row[column] ?? "")));
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const rule = columns.map((column) => (isText(column) ? "---" : "---:"));
  return [columns, rule, ...rows.map((row) => columns.map((column) => row[column] ?? ""))]
    .map(line)
    .join("\n");
}

/** The median of numbers; of an even count the lower one. */
export function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];
}
