import { stripVTControlCharacters } from 'node:util';

/** What a cell takes on a screen: colours take nothing. */
const widthOf = (cell: string): number => stripVTControlCharacters(cell).length;

/** Lines whose columns stand below each other, two spaces apart. */
export const columns = (rows: readonly (readonly string[])[]): string[] => {
  const widths = rows.reduce<number[]>(
    (before, row) => row.map((cell, index) => Math.max(widthOf(cell), before[index] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  );
};

/** A table under its head; nothing at all when it is empty. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0 ? [] : columns([head.map((title) => title.toUpperCase()), ...rows]);

/** Names and values, one on each line; what is null is left out. */
export const fields = (values: Readonly<Record<string, string | number | boolean | null>>): string[] =>
  columns(
    Object.entries(values).flatMap(([name, value]) =>
      value === null || value === '' ? [] : [[`${name}:`, shown(value)]],
    ),
  );

const shown = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
