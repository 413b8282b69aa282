import { z } from 'zod';

/** How a schema that is parsed out of text is written down in the OpenAPI document. */
const wire = (schema: z.core.JSONSchema.BaseSchema) => ({ wire: schema });

const maximumLimit = 200;
const defaultLimit = 50;

const limit = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, `must be a whole number from 1 to ${maximumLimit}`)
  .transform(Number)
  .refine((value) => value <= maximumLimit, `must be a whole number from 1 to ${maximumLimit}`)
  .prefault(String(defaultLimit))
  .meta({
    description: 'Items on a page at the most.',
    ...wire({ type: 'integer', minimum: 1, maximum: maximumLimit, default: defaultLimit }),
  });

const positions = {
  id: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  number: /^\d{1,18}$/,
  /** What happens when, to which version, and a database. */
  change: /^\d{4}-\d\d-\d\d [a-z-]{1,16} \d{1,8}\.\d{1,8} [a-z-]{1,16} [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
} as const;

const decode = (cursor: string): string => Buffer.from(cursor, 'base64url').toString('latin1');

/** `nextCursor` of the page before; says nothing to clients. Parsed into the position that it stands for. */
const cursor = (position: keyof typeof positions, longest = position === 'change' ? 160 : 64) =>
  z
    .string()
    .max(longest, 'is not a cursor of this list')
    .transform(decode)
    .refine((value) => positions[position].test(value), 'is not a cursor of this list')
    .optional()
    .meta({ description: 'The nextCursor of the page before.', ...wire({ type: 'string', maxLength: longest }) });

/** The query of a list whose pages end at an id, or at a number. */
export const pageQuery = (position: keyof typeof positions) => ({ limit, cursor: cursor(position) });

export const encodeCursor = (position: string | number): string => Buffer.from(String(position)).toString('base64url');

export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });

/** A page out of one row more than it may hold: the surplus row tells that another page follows. */
export const toPage = <Row, Item>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => string | number,
  item: (row: Row) => Item,
): Page<Item> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(position(last)) : null;
  return { items: shown.map(item), nextCursor };
};
