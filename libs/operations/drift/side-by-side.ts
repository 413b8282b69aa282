/** Works on all items, so many at a time. The first error is thrown when the others have ended. */
export const sideBySide = async <Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  const queue = items[Symbol.iterator]();
  const errors: unknown[] = [];
  const next = async (): Promise<void> => {
    for (let item = queue.next(); !item.done && errors.length === 0; item = queue.next()) {
      await work(item.value).catch((error: unknown) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  if (errors.length > 0) throw errors[0];
};
