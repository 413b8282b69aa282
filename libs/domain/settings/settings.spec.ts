import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isHoldfastError } from '../errors/holdfast-error.js';
import { renderRedisConfiguration, promisedSettings, type ServerShape } from '../server/redis-configuration.js';
import { allowList, whyOwned } from './allow-list.js';
import { changed, differences, fitting, parseSettings, requireHarmony } from './change.js';
import { eventsBefore70 } from './event-classes.js';
import { allSettings, chosenSettings, findSetting, isIn, nameIn, settingsOf, type Settings } from './settings.js';
import { canonicalValue, type SettingInput, type ValueType } from './value-types.js';

const versions = ['6.0', '6.2', '7.0', '7.2', '8.0', '8.2'] as const;
const aVersion = fc.constantFrom(...versions);

const aLimit = fc.constantFrom('0 0 0', '64mb 16mb 60', '1gb 0 10', '2097152 1048576 5');

/** A value that a type takes, in one of its forms. */
const valueOfType = (type: ValueType): fc.Arbitrary<SettingInput> => {
  switch (type.kind) {
    case 'integer':
    case 'bytes':
      return fc.integer({ min: type.minimum, max: Math.min(type.maximum, Number.MAX_SAFE_INTEGER) });
    case 'boolean':
      return fc.constantFrom<SettingInput>('yes', 'no', true, false, 'true', 'false');
    case 'choice':
      return fc.constantFrom(...type.values);
    case 'events':
      return fc
        .subarray([...'g$lshzxet'])
        .chain((classes) => fc.constantFrom('K', 'E', 'KE').map((channels) => classes.join('') + channels));
    case 'save-points':
      return fc
        .array(fc.tuple(fc.integer({ min: 1, max: 86_400 }), fc.integer({ min: 1, max: 1000 })), { maxLength: 10 })
        .map((pairs) => pairs.flat().join(' '));
    case 'buffer-limits':
      return fc.oneof(
        aLimit.map((limit) => `normal ${limit}`),
        fc.tuple(aLimit, aLimit).map(([one, other]) => `pubsub ${one} normal ${other}`),
      );
  }
};

/** Settings that a version has, under any of their names. */
const aWish = aVersion.chain((version) =>
  fc
    .subarray([...settingsOf(version)])
    .chain((definitions) =>
      fc.tuple(
        ...definitions.map((one) =>
          fc.tuple(fc.constantFrom(one.name, nameIn(one, version)), fc.option(valueOfType(one.type))),
        ),
      ),
    )
    .map((entries) => ({ version, wish: Object.fromEntries(entries) })),
);

const shapeOf = (version: string, all: Settings, persistence: 'aof' | 'rdb' | 'none' = 'aof'): ServerShape => {
  const { 'maxmemory-policy': _, ...settings } = all;
  return {
    ...{ version, persistence, memoryMb: 256, maxmemoryPolicy: 'noeviction', tlsOnly: false, settings },
    tlsProtocols: ['TLSv1.2'],
  };
};

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'taken';
  } catch (error) {
    return isHoldfastError(error) ? error.code : String(error);
  }
};

describe('the allow-list', () => {
  it('takes every default, and changes none', () => {
    for (const { name, type, default: usual } of allowList) {
      expect([name, canonicalValue(type, usual)]).toEqual([name, { value: usual }]);
    }
  });

  it('has each name once, and none that is Holdfast’s', () => {
    const names = allowList.flatMap(({ name, formerly }) => [name, ...(formerly ? [formerly.name] : [])]);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => whyOwned(name) !== undefined)).toEqual([]);
  });

  it('knows of small collections by the names of the version', () => {
    expect(Object.keys(allSettings('6.0', { settings: {}, persistence: 'aof' }))).toContain('hash-max-ziplist-entries');
    expect(Object.keys(allSettings('8.0', { settings: {}, persistence: 'aof' }))).toContain(
      'hash-max-listpack-entries',
    );
    expect(parseSettings('6.0', { 'hash-max-listpack-entries': 1 })).toEqual({ 'hash-max-listpack-entries': '1' });
    expect(parseSettings('8.0', { 'hash-max-ziplist-entries': 1 })).toEqual({ 'hash-max-listpack-entries': '1' });
  });
});

describe('a wish', () => {
  it('may name its settings in any case, as with Redis, and each of them once', () => {
    expect(parseSettings('8.0', { TimeOut: 5 })).toEqual({ timeout: '5' });
    expect(codeOf(() => parseSettings('8.0', { DIR: '/' }))).toBe('setting_forbidden');
    expect(codeOf(() => parseSettings('8.0', { Timeout: 5, timeout: 6 }))).toBe('setting_invalid');
  });

  it('that every value fits is taken, and its canonical form means the same', () => {
    fc.assert(
      fc.property(aWish, ({ version, wish }) => {
        const once = parseSettings(version, wish);
        expect(parseSettings(version, once)).toEqual(once);
      }),
    );
  });

  it('never touches what is Holdfast’s, whatever it says', () => {
    fc.assert(
      fc.property(aWish, fc.constantFrom('aof', 'rdb', 'none'), ({ version, wish }, persistence) => {
        const settings = fitting(changed({}, parseSettings(version, wish)), version, persistence);
        const owned = promisedSettings(shapeOf(version, {}, persistence));
        const promised = promisedSettings(shapeOf(version, settings, persistence));
        const own = ['appendonly', 'maxmemory', 'maxmemory-policy', 'port', 'tls-port', 'tls-protocols'];
        for (const name of own) expect(promised[name]).toBe(owned[name]);
      }),
    );
  });

  it('makes a file that names nothing twice, on a line of its own', () => {
    fc.assert(
      fc.property(aWish, ({ version, wish }) => {
        const settings = changed({}, parseSettings(version, wish));
        const text = renderRedisConfiguration(shapeOf(version, settings), { kind: 'primary', followers: 0 });
        const names = text
          .trimEnd()
          .split('\n')
          .map((line) => line.split(' ')[0] ?? '');
        const several = ['save', 'rename-command', 'client-output-buffer-limit'];
        const single = names.filter((name) => !several.includes(name));
        expect(new Set(single).size).toBe(single.length);
        for (const name of Object.keys(chosenSettings(version, shapeOf(version, settings))))
          expect(names).toContain(name);
      }),
    );
  });

  it('can be taken back: null for all of them is what there was', () => {
    fc.assert(
      fc.property(aWish, ({ version, wish }) => {
        const changes = parseSettings(version, wish);
        const none = Object.fromEntries(Object.keys(changes).map((name) => [name, null]));
        expect(changed(changed({}, changes), none)).toEqual({});
      }),
    );
  });

  it('of anything at all is taken or refused with a code, and never puts a line break into the file', () => {
    const anything = fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom(...allowList.map(({ name }) => name))),
      fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null)),
    );
    fc.assert(
      fc.property(aVersion, anything, (version, wish) => {
        const code = codeOf(() => {
          const settings = changed({}, parseSettings(version, wish));
          const values = Object.values(chosenSettings(version, shapeOf(version, settings)));
          expect(values.filter((value) => /[\n\r"\\]/.test(value))).toEqual([]);
        });
        expect(['taken', 'setting_forbidden', 'setting_unknown', 'setting_invalid']).toContain(code);
      }),
    );
  });

  it.each([
    ['setting_forbidden', { dir: '/tmp', nonsense: 1, timeout: 'x' }],
    ['setting_forbidden', { 'min-replicas-to-write': 1 }],
    ['setting_forbidden', { 'tls-cert-file': 'x' }],
    ['setting_forbidden', { maxmemory: '1gb' }],
    ['setting_unknown', { nonsense: 1, timeout: 'x' }],
    ['setting_unknown', { 'set-max-listpack-entries': 1 }],
    ['setting_unknown', { constructor: 1 }],
    ['setting_invalid', { timeout: -1 }],
    ['setting_invalid', { timeout: 1.5 }],
    ['setting_invalid', { hz: 501 }],
    ['setting_invalid', { 'maxmemory-policy': 'lru' }],
    ['setting_invalid', { appendfsync: 'no' }],
    ['setting_invalid', { 'notify-keyspace-events': 'Kq' }],
    ['setting_invalid', { 'notify-keyspace-events': 'x' }],
    ['setting_invalid', { save: '900' }],
    ['setting_invalid', { save: '0 1' }],
    ['setting_invalid', { 'client-output-buffer-limit': 'replica 1mb 1mb 1' }],
    ['setting_invalid', { 'client-output-buffer-limit': 'pubsub 1 1 1' }],
    ['setting_invalid', { 'hash-max-listpack-value': 1, 'hash-max-ziplist-value': 1 }],
  ] as const)('is refused as %s: %j', (code, wish) => {
    expect(codeOf(() => parseSettings('7.0', wish))).toBe(code);
  });

  it('is told of all its problems at once', () => {
    try {
      parseSettings('8.0', { dir: '/', nonsense: 1, hz: 0 });
      throw new Error('It was taken');
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      expect(error.problems.map(({ path }) => path)).toEqual(['settings.dir', 'settings.nonsense', 'settings.hz']);
      expect(error.detail).toContain('hz: must be a whole number from 1 to 500');
    }
  });
});

describe('settings together', () => {
  const sound = (settings: Settings, persistence: 'aof' | 'rdb' | 'none' = 'aof'): string =>
    codeOf(() => requireHarmony('8.0', { settings, persistence, tlsOnly: false }));

  it.each([
    ['taken', { 'active-defrag-cycle-min': '25' }, 'aof'],
    ['setting_conflict', { 'active-defrag-cycle-min': '26' }, 'aof'],
    ['setting_conflict', { 'active-defrag-threshold-lower': '101' }, 'aof'],
    ['taken', { save: '' }, 'aof'],
    ['setting_conflict', { save: '' }, 'rdb'],
    ['setting_conflict', { save: '900 1' }, 'none'],
  ] as const)('are %s: %j in the mode %s', (code, settings, mode) => {
    expect(sound(settings, mode)).toBe(code);
  });

  it('keep in another version or mode what that has', () => {
    const settings = { save: '900 1', timeout: '5', 'set-max-listpack-value': '9' };
    expect(fitting(settings, '7.0', 'rdb')).toEqual({ save: '900 1', timeout: '5' });
    expect(fitting(settings, '8.0', 'none')).toEqual({ timeout: '5', 'set-max-listpack-value': '9' });
  });

  it('differ under the names of the version', () => {
    const before = { settings: {}, persistence: 'aof', tlsOnly: false } as const;
    const after = { ...before, settings: { 'hash-max-listpack-value': '9', databases: '17' } };
    expect(differences('6.0', before, after)).toEqual([
      { name: 'hash-max-ziplist-value', before: '64', after: '9', apply: 'hot' },
      { name: 'databases', before: '16', after: '17', apply: 'restart' },
    ]);
  });
});

describe('keyspace events', () => {
  it.each([
    ['KEA', 'AKE', 'AKE'],
    ['Ex', 'xE', 'xE'],
    ['nothing', null, null],
    ['mKlg', 'glKm', 'glKm'],
    ['g$lshzxetK', 'g$lshzxetK', 'AK'],
    ['g$lshzxetdK', 'AK', 'AK'],
  ])('%s are shown as Redis shows them', (input, newer, older) => {
    const canonical = canonicalValue({ kind: 'events' }, input);
    expect('value' in canonical ? canonical.value : null).toBe(newer);
    expect('value' in canonical ? eventsBefore70(canonical.value) : null).toBe(older);
  });
});

it('finds what a version has', () => {
  const one = findSetting('lua-time-limit');
  expect(one?.name).toBe('busy-reply-threshold');
  expect(versions.filter((version) => isIn(findSetting('io-threads-do-reads')!, version))).toEqual([
    '6.0',
    '6.2',
    '7.0',
    '7.2',
  ]);
});
