import { describe, expect, it } from '@jest/globals';
import { imageReference, resourceName } from './names.js';

describe('resourceName', () => {
  it.each(['hf-default-hello', 'a', 'A_b.c-9'])('accepts %s', (name) => {
    expect(resourceName(name)).toBe(name);
  });

  it.each(['', '../../x', 'a/b', '.a', 'a b', 'a?b', 'a%2fb', 'ä'])('refuses "%s"', (name) => {
    expect(() => resourceName(name)).toThrow(TypeError);
  });
});

describe('imageReference', () => {
  it.each(['holdfast/redis:8.0', 'registry.example:5000/a/b@sha256:00ff', 'redis'])('accepts %s', (reference) => {
    expect(imageReference(reference)).toBe(reference);
  });

  it.each(['', '/x', '../x', 'a/../../x', 'a//b', 'a?b', 'a b'])('refuses "%s"', (reference) => {
    expect(() => imageReference(reference)).toThrow(TypeError);
  });
});
