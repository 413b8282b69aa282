import { describe, expect, it } from '@jest/globals';
import { chooseTarget, defaultUrl } from './target.js';

const stored = { url: 'http://a:7600/', token: 'stored' };

describe('the target', () => {
  it.each([
    [{ url: null, token: null }, null, { url: defaultUrl, token: null }],
    [{ url: null, token: null }, stored, { url: 'http://a:7600', token: 'stored' }],
    [{ url: null, token: 'mine' }, stored, { url: 'http://a:7600', token: 'mine' }],
    [{ url: 'http://a:7600', token: null }, stored, { url: 'http://a:7600', token: 'stored' }],
    [{ url: 'http://b/', token: 'mine' }, stored, { url: 'http://b', token: 'mine' }],
  ])('of %j and %j', (environment, credentials, target) => {
    expect(chooseTarget(environment, credentials)).toEqual(target);
  });

  it('does not show the stored token to another server', () => {
    expect(chooseTarget({ url: 'http://stranger', token: null }, stored).token).toBeNull();
  });
});
