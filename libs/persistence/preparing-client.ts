import pg from 'pg';

/** Statements whose text is made anew for each number of values would fill the server's memory without end. */
const preparedAtMost = 300;

const names = new Map<string, string>();

const nameOf = (text: string): string | undefined => {
  const known = names.get(text);
  if (known !== undefined || names.size >= preparedAtMost) return known;
  const name = `holdfast_${names.size}`;
  names.set(text, name);
  return name;
};

/**
 * Prepares every statement with parameters once for each connection: parsing and planning cost Postgres more than
 * carrying out the short statements of a request.
 */
export class PreparingClient extends pg.Client {
  // The overloads of `query` cannot be repeated here: this only names what Kysely sends, a text and its values.
  override query = ((config: unknown, values?: unknown, ...rest: unknown[]): unknown => {
    const name = typeof config === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(config) : undefined;
    const send = super.query.bind(this) as (...args: unknown[]) => unknown;
    return name === undefined ? send(config, values, ...rest) : send({ name, text: config, values }, ...rest);
  }) as pg.Client['query'];
}
