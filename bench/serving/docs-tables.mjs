// The tables of docs/benchmarks.md, from the rows of all models: `npm run bench -- serving --markdown`.
import { ENGINE } from "./measure-model.mjs";

/** Tables by title; `models` are the rows of each model by its name. */
export function docsTables({ tiny = [], ...models }) {
  return { "the engine's share": shares(Object.values(models).flat()), "the tiny model": byWay(tiny) };
}

/** One row a model and number of clients. */
function shares(rows) {
  return rows
    .filter((row) => row.way === ENGINE)
    .map(({ model, clients, "CPU us": cpuUs }) => {
      const same = rows.filter((row) => row.model === model && row.clients === clients && row.way !== ENGINE);
      const columns = same.flatMap((row) => [
        [row.way, row["engine's share"]],
        [`${row.way}, calls/s`, row["calls/s"]],
      ]);
      return { model, clients, ...Object.fromEntries(columns), "engine, ms": (cpuUs / 1000).toFixed(2) };
    });
}

/** One row a way of calling: what it does with each number of clients. */
function byWay(rows) {
  return [...new Set(rows.map((row) => row.way))].map((way) => {
    const own = rows.filter((row) => row.way === way);
    const most = own.at(-1);
    return {
      server: way,
      ...Object.fromEntries(own.map((row) => [`calls/s, ${row.clients}`, row["calls/s"]])),
      [`CPU us, ${most.clients}`]: most["CPU us"],
      [`p50 ms, ${own[0].clients}`]: own[0]["p50, ms"],
      [`p99 ms, ${most.clients}`]: most["p99, ms"],
      "load generator at its limit with clients": own
        .filter((row) => row["held back by"])
        .map((row) => row.clients)
        .join(", "),
    };
  });
}
