import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintOf, imagesDirectory, recipesOf } from './image-recipes.js';
import { imageNames } from './images.js';

const recipes = recipesOf(Object.values(imageNames));

describe('the image recipes', () => {
  it('has one for each image that the set-up names, with the files it needs', () => {
    expect(recipes.map(({ name }) => name)).toEqual(Object.values(imageNames));
    const hooks = recipes.flatMap(({ hook }) => (hook ? [join(imagesDirectory, hook)] : []));
    expect(hooks.filter((hook) => !existsSync(hook))).toEqual([]);
  });

  it('names the version of each Redis and of no other image', () => {
    for (const { name, redis } of recipes) {
      expect([name, redis]).toEqual([name, /^holdfast\/redis:(.+)$/.exec(name)?.[1]]);
    }
  });

  it('refuses an image without a recipe', () => {
    expect(() => recipesOf(['holdfast/other'])).toThrow(RangeError);
  });

  it('has a fingerprint that follows what the image is made from, and nothing else', () => {
    const [recipe] = recipes;
    if (!recipe) throw new Error('there are recipes');
    expect(fingerprintOf({ ...recipe, official: null })).toBe(fingerprintOf(recipe));
    expect(fingerprintOf({ ...recipe, packages: [...recipe.packages, 'x'] })).not.toBe(fingerprintOf(recipe));
  });
});
