interface Linked {
  readonly id: string;
  readonly source_id: string | null;
}

/** Puts together the ids of those that hang together by their sources. A source that is not in the list ends its chain. */
export const treesOf = (databases: readonly Linked[]): readonly (readonly string[])[] => {
  const sources = new Map(databases.map(({ id, source_id: sourceId }) => [id, sourceId]));
  const rootOf = (id: string): string => {
    const passed = new Set<string>();
    let at = id;
    for (let up = sources.get(at); up != null && sources.has(up) && !passed.has(up); up = sources.get(at)) {
      passed.add(at);
      at = up;
    }
    return at;
  };
  const trees = new Map<string, string[]>();
  for (const { id } of databases) {
    const root = rootOf(id);
    const tree = trees.get(root);
    if (tree) tree.push(id);
    else trees.set(root, [id]);
  }
  return [...trees.values()];
};

/** Whole trees in lots of at least `size` databases, but for the last. */
export const lotsOf = (trees: readonly (readonly string[])[], size: number): readonly (readonly string[])[] => {
  const lots: string[][] = [];
  for (const tree of trees) {
    const last = lots.at(-1);
    if (last && last.length < size) last.push(...tree);
    else lots.push([...tree]);
  }
  return lots;
};
