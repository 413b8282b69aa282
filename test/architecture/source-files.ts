import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const root = join(import.meta.dirname, '../..');

const skipped = new Set(['node_modules', 'dist', 'generated', 'coverage']);

/** Paths from the project's root of all files below these folders, with this ending. */
export const filesBelow = (folders: readonly string[], ending: string): string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .filter((path) => !path.split('/').some((part) => skipped.has(part))),
  );

export const sources = filesBelow(['apps', 'libs', 'test'], '.ts');
export const production = sources.filter((path) => !path.startsWith('test/') && !/\.spec\.ts$|\/testing\//.test(path));

export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** `path:line` of every line that matches, comments included. */
export const linesWith = (paths: readonly string[], pattern: RegExp): string[] =>
  paths.flatMap((path) =>
    textOf(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
