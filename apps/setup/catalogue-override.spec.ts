import { describe, expect, it } from '@jest/globals';
import { loadCatalogue } from '#configuration/catalogue.js';
import { catalogueOf } from './catalogue-override.js';
import { recipesOf } from './image-recipes.js';
import { imageNames } from './images.js';

const shipped = loadCatalogue(null);
const built = (...names: string[]) => recipesOf(names).map((recipe) => ({ recipe, patch: '9.9.9' }));

describe('catalogueOf', () => {
  it('offers what was built under the dates that ship, the newest as the default', () => {
    const catalogue = catalogueOf(built(imageNames.redis70, imageNames.redis80), shipped);
    expect(
      catalogue.map(({ version, image, patch, default: isDefault }) => [version, image, patch, isDefault]),
    ).toEqual([
      ['7.0', 'holdfast/redis:7.0', '9.9.9', false],
      ['8.0', 'holdfast/redis:8.0', '9.9.9', true],
    ]);
    expect(catalogue[0]).toMatchObject({ eolAt: '2024-07', deprecatedAt: '2025-12', tlsProtocols: ['TLSv1.2'] });
  });

  it('refuses a version that does not ship', () => {
    expect(() => catalogueOf(built(imageNames.redis60), shipped)).toThrow(RangeError);
  });
});
