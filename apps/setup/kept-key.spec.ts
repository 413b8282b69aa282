import { describe, expect, it } from '@jest/globals';
import { keptFor, type KeyFindings } from './kept-key.js';

const findings = (more: Partial<KeyFindings>): KeyFindings => ({
  ...{ left: [], storesFile: null, keptBefore: false },
  ...more,
});

const disk = { store: 'disk', place: 'directory /mnt/backups', count: 1 };
const gone = { store: 'gone', place: null, count: 2 };

describe('what a purge keeps the master key for', () => {
  it('is nothing when no backup lies elsewhere, whether there are other stores or not', () => {
    expect(keptFor(findings({}))).toBeNull();
    expect(keptFor(findings({ storesFile: '/stores.json' }))).toBeNull();
  });

  it('is each store that has backups', () => {
    expect(keptFor(findings({ left: [disk, gone] }))).toBe(
      '1 backup of the store "disk" (directory /mnt/backups) and 2 backups of the store "gone"',
    );
  });

  it('is whatever a stores file names when Postgres cannot be asked, and nothing without one', () => {
    expect(keptFor(findings({ left: null, storesFile: '/stores.json' }))).toBe(
      'whatever lies in the stores of /stores.json',
    );
    expect(keptFor(findings({ left: null }))).toBeNull();
  });

  it('is also what an earlier purge has kept it for, of which new rows know nothing', () => {
    expect(keptFor(findings({ keptBefore: true }))).toBe('what an earlier purge has kept it for');
    expect(keptFor(findings({ left: [gone], keptBefore: true }))).toBe(
      '2 backups of the store "gone" and what an earlier purge has kept it for',
    );
  });
});
