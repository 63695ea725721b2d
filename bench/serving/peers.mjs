// Other servers of the tiny model, by name: none yet that is installed.
export const PEERS = {};

/** Starters of those that a list names, `all` or `none`. Throws when a name is unknown. */
export function startersOf(list) {
  if (list === "all" || list === "none") return list === "all" ? Object.values(PEERS) : [];
  return list.split(",").map((name) => {
    if (!Object.hasOwn(PEERS, name))
      throw new Error(`--peers is all, none, or of ${Object.keys(PEERS).join(", ")}`);
    return PEERS[name];
  });
}
