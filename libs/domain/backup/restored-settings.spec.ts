import { describe, expect, it } from '@jest/globals';
import { allowList } from '../settings/allow-list.js';
import { isIn, type Settings } from '../settings/settings.js';
import { isRoomFor, restoredSettings, roomyFor } from './restored-settings.js';

const into = (settings: Settings, version = '8.0', persistence: 'aof' | 'rdb' | 'none' = 'aof') =>
  restoredSettings(settings, { version, persistence });
const dataIn = (...indexes: number[]) => ({ databases: indexes.map((index) => ({ index })) });

describe('settings of a backup', () => {
  const defaults = Object.fromEntries(allowList.map(({ name, default: value }) => [name, value]));

  it.each(['6.0', '7.0', '7.2', '8.0'])(
    'are taken over as far as %s has them, and what it lacks is named',
    (version) => {
      const lacking = allowList.filter((one) => !isIn(one, version)).map(({ name }) => name);
      const { settings, leftOut } = into(defaults, version);
      expect(leftOut).toEqual(lacking);
      expect(Object.keys(settings)).toHaveLength(allowList.length - lacking.length);
    },
  );

  it('that a mode does not have are named too', () => {
    const recorded = { save: '900 1', timeout: '5' };
    expect(into(recorded, '8.0', 'none')).toEqual({ settings: { timeout: '5' }, leftOut: ['save'] });
    expect(into({ save: '' }, '8.0', 'rdb').leftOut).toEqual(['save']);
  });

  it('that nobody knows here, or not with this value, are named and not taken', () => {
    const recorded = { 'of-tomorrow': 'yes', maxclients: '1', timeout: '5' };
    expect(into(recorded)).toEqual({ settings: { timeout: '5' }, leftOut: ['of-tomorrow', 'maxclients'] });
  });
});

describe('logical databases', () => {
  it.each([
    [dataIn(), {}, undefined],
    [dataIn(0, 15), {}, undefined],
    [dataIn(0, 16), {}, '17'],
    [dataIn(20), { databases: '32' }, '32'],
    [dataIn(20), { databases: '8' }, '21'],
    [dataIn(3), { databases: '2' }, '4'],
    [{ unreadable: 'a module' }, { databases: '2' }, '2'],
    [undefined, {}, undefined],
  ])('%j with %j are %s', (contents, settings, databases) => {
    expect(roomyFor(contents, settings)).toEqual(databases === undefined ? settings : { databases });
  });

  it('are at most 256', () => {
    expect([isRoomFor(dataIn(255)), isRoomFor(dataIn(256))]).toEqual([true, false]);
  });
});
