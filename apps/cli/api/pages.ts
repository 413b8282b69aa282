export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export interface PageQuery {
  limit: number;
  cursor?: string;
}

const largestPage = 200;

/** The items of a paged list, page after page, up to `limit`. */
export const itemsOf = async <Item>(
  fetchPage: (query: PageQuery) => Promise<Page<Item>>,
  limit = Infinity,
): Promise<Item[]> => {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const size = Math.min(largestPage, limit - items.length);
    const page: Page<Item> = await fetchPage({ limit: size, ...(cursor === null ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < limit);
  return items;
};
