import { describe, expect, it } from '@jest/globals';
import type { Settings } from '../settings/settings.js';
import { requireDatabasesOf, requireFitting, requireWayBack, type KeptServer } from './way-back.js';

const now = new Date('2026-11-27T12:00:00Z');
const keptAt = new Date('2026-11-27T11:00:00Z');
const today = { handle: 'orders', role: 'primary', persistence: 'aof' } as const;
const kept: KeptServer = {
  ...{ version: '7.0', kept_at: keptAt, keep_until: new Date('2026-11-28T11:00:00Z'), persistence: 'aof' },
};

describe('the way back', () => {
  it('leads to the last moment of the server that was kept', () => {
    expect(requireWayBack(today, kept, now)).toBe(keptAt);
  });

  it.each([
    ['was never kept', undefined, today, 'way_back_missing'],
    ['had its data in memory', { ...kept, persistence: 'none' as const }, today, 'way_back_missing'],
    ['is over its time', { ...kept, keep_until: now }, today, 'way_back_missing'],
    ['nobody knows the moment of', { ...kept, kept_at: null }, today, 'way_back_missing'],
    ['nobody knows the files of', { ...kept, persistence: null }, today, 'way_back_missing'],
    ['was the primary of what is a replica', kept, { ...today, role: 'replica' as const }, 'way_back_blocked'],
    ['was the primary of what is fenced', kept, { ...today, role: 'fenced' as const }, 'way_back_blocked'],
    ['has files of another mode', kept, { ...today, persistence: 'rdb' as const }, 'way_back_blocked'],
  ])('does not lead to one that %s', (_, server, database, code) => {
    expect(() => requireWayBack(database, server, now)).toThrow(expect.objectContaining({ code }));
  });

  it('names the change that opens it again', () => {
    expect(() => requireFitting({ ...today, persistence: 'rdb' }, kept)).toThrow(
      expect.objectContaining({
        remedy: 'Change it with `holdfast db:configure orders --persistence aof`, then ask again.',
      }),
    );
  });

  it('needs a logical database for all that the files of the old server tell of', () => {
    const [many, few] = [{ databases: '20' }, { databases: '4' }];
    const ask = (before: Settings, now: Settings) => () =>
      requireDatabasesOf({ version: '7.0', settings: before }, { handle: 'orders', settings: now });
    expect(ask({}, few)).toThrow(
      expect.objectContaining({
        code: 'way_back_blocked',
        remedy: expect.stringContaining('`holdfast db:configure orders databases=16`'),
      }),
    );
    expect(ask(many, {})).toThrow(expect.objectContaining({ code: 'way_back_blocked' }));
    for (const enough of [ask({}, {}), ask(few, {}), ask({}, many)]) expect(enough).not.toThrow();
  });
});
