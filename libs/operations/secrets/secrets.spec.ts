import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { generatePassword, generateToken, tokenHash } from './generate.js';
import { parseMasterKeys } from './master-key.js';
import { SecretBox } from './secret-box.js';

const key = (version: number) => ({ version, key: randomBytes(32) });

describe('SecretBox', () => {
  const one = key(1);
  const box = new SecretBox([one]);

  it('opens what it has sealed, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
        expect(box.open(box.seal(text, context), context)).toBe(text);
      }),
    );
  });

  it('never seals the same text the same way', () => {
    expect(box.seal('text', 'context')).not.toBe(box.seal('text', 'context'));
  });

  it('does not open a value that was moved to another row', () => {
    const sealed = box.seal('text', 'credential:a:tenant');
    expect(() => box.open(sealed, 'credential:b:tenant')).toThrow();
  });

  it('does not open a value of which any byte was changed', () => {
    const [version = '', encoded = ''] = box.seal('a secret', 'context').split(':');
    const bytes = Buffer.from(encoded, 'base64');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => box.open(`${version}:${changed.toString('base64')}`, 'context')).toThrow();
    }
  });

  it('does not open what was cut short', () => {
    const sealed = box.seal('a secret', 'context');
    for (const length of [0, 2, 10, 20, 30]) expect(() => box.open(sealed.slice(0, length), 'context')).toThrow();
  });

  it('seals with the newest key and still opens what an older one sealed', () => {
    const older = box.seal('old', 'context');
    const rotated = new SecretBox([one, key(2)]);
    expect(rotated.seal('new', 'context')).toMatch(/^2:/);
    expect(rotated.open(older, 'context')).toBe('old');
    expect(() => new SecretBox([key(2)]).open(older, 'context')).toThrow('Master key version 1 is not known');
  });

  it('derives one key for one purpose', () => {
    const derived = box.derive('a');
    expect(derived.key).toHaveLength(32);
    expect(box.deriveVersion(1, 'a')).toEqual(derived.key);
    expect(box.derive('b').key).not.toEqual(derived.key);
    expect(box.deriveVersion(2, 'a')).toBeNull();
    expect(derived.key).not.toEqual(one.key);
  });

  it('needs a key', () => {
    expect(() => new SecretBox([])).toThrow('No master key');
  });
});

describe('parseMasterKeys', () => {
  const line = (version: string, bytes = 32) => `${version}:${randomBytes(bytes).toString('base64')}`;

  it('reads one version in a line and passes over empty ones', () => {
    expect(parseMasterKeys(`\n${line('1')}\n  ${line('12')}  \n\n`).map(({ version }) => version)).toEqual([1, 12]);
  });

  it.each([line('0'), line('-1'), line('a'), line('1', 31), line('1', 33), 'nonsense', '1:', ':'])(
    'refuses a line that is no key',
    (text) => {
      expect(() => parseMasterKeys(text)).toThrow('<version>:<base64 of 32 bytes>');
    },
  );

  it('never repeats the key in its message', () => {
    expect(() => parseMasterKeys('1:canarycanary')).toThrow(/^(?!.*canary)/s);
  });

  it('refuses a version twice', () => {
    expect(() => parseMasterKeys(`${line('1')}\n${line('1')}`)).toThrow('given twice');
  });
});

describe('generated secrets', () => {
  const many = Array.from({ length: 2_000 }, generatePassword);

  it('are 32 letters and digits, and never the same', () => {
    expect(many.filter((password) => !/^[A-Za-z0-9]{32}$/.test(password))).toEqual([]);
    expect(new Set(many).size).toBe(many.length);
  });

  it('use the whole alphabet evenly', () => {
    const counts = new Map<string, number>();
    for (const character of many.join('')) counts.set(character, (counts.get(character) ?? 0) + 1);
    const expected = (many.length * 32) / 62;
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - expected)).toBeLessThan(expected * 0.25);
  });

  it('are stored as hashes when they are tokens', () => {
    const token = generateToken();
    expect(token).toMatch(/^hf_[A-Za-z0-9]{40}$/);
    expect(tokenHash(token)).toMatch(/^[0-9a-f]{64}$/);
    expect(tokenHash(token)).toBe(tokenHash(token));
  });
});
