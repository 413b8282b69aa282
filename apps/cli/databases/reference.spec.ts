import { describe, expect, it } from '@jest/globals';
import { chooseEnvironment } from './reference.js';

describe('the environment that nobody named', () => {
  it('is the only one', () => expect(chooseEnvironment(['staging'])).toBe('staging'));
  it('is default among several', () => expect(chooseEnvironment(['a', 'default', 'b'])).toBe('default'));
  it('must be chosen when that is not clear', () => expect(() => chooseEnvironment(['a', 'b'])).toThrow('a, b'));
  it('must be made first when there is none', () => expect(() => chooseEnvironment([])).toThrow('env:create'));
});
