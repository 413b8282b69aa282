import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CatalogueFile } from './catalogue-file.js';
import { ConfigurationError } from './configuration-error.js';

let directory = '';
let file = '';
let refused: string[] = [];
let nowMs = 0;

const write = (...versions: string[]): void =>
  writeFileSync(
    file,
    JSON.stringify({
      versions: versions.map((version, index) => ({
        version,
        image: 'x',
        tlsProtocols: ['TLSv1.2'],
        default: index === 0,
      })),
    }),
  );
const open = (): CatalogueFile =>
  new CatalogueFile(
    file,
    ({ detail }) => refused.push(detail),
    () => nowMs,
  );
/** After the time for which it is not read again. */
const versionsOf = (catalogue: CatalogueFile): string[] => {
  nowMs += 1000;
  return catalogue.current.map(({ version }) => version);
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-catalogue-'));
  file = join(directory, 'catalogue.json');
  refused = [];
  write('8.0');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the catalogue as its file has it', () => {
  it('follows the file, written in place or put in its place', () => {
    const catalogue = open();
    expect(versionsOf(catalogue)).toEqual(['8.0']);
    write('8.0', '8.2');
    expect(versionsOf(catalogue)).toEqual(['8.0', '8.2']);
    const other = join(directory, 'other.json');
    renameSync(file, other);
    write('9.0');
    expect(versionsOf(catalogue)).toEqual(['9.0']);
  });

  it('is the same object while nothing changed, and is not read all the time', () => {
    const catalogue = open();
    const before = catalogue.current;
    write('8.2');
    expect(catalogue.current).toBe(before);
    write('8.0');
    versionsOf(catalogue);
    expect(catalogue.current).toBe(before);
  });

  it.each<[string, () => void]>([
    ['is half written', () => writeFileSync(file, '{"versions": [{"ver')],
    ['names a version twice', () => write('8.0', '8.0')],
    ['is gone', () => rmSync(file)],
  ])('stays as it was while the file %s, says so once, and goes on when it is right again', (_, spoil) => {
    const catalogue = open();
    spoil();
    expect(versionsOf(catalogue)).toEqual(['8.0']);
    expect(versionsOf(catalogue)).toEqual(['8.0']);
    expect([refused.length, catalogue.refusal?.code]).toEqual([1, 'configuration_invalid']);
    write('8.0');
    expect([versionsOf(catalogue), catalogue.refusal]).toEqual([['8.0'], null]);
    write('8.0', '8.2');
    expect(versionsOf(catalogue)).toEqual(['8.0', '8.2']);
  });

  it('does not begin without a valid one', () => {
    writeFileSync(file, '{}');
    expect(open).toThrow(ConfigurationError);
  });
});
