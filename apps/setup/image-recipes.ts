import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectRoot } from './project-root.js';

const recipeSchema = z.strictObject({
  name: z.string(),
  /** The same thing in an image registry; null for what only Holdfast makes. */
  official: z.string().nullable(),
  suite: z.string(),
  packages: z.array(z.string()),
  /** A script that finishes the root file system, given as its first argument. */
  hook: z.string().optional(),
  /** Image settings in the notation of `docker import --change`. */
  changes: z.array(z.string()).default([]),
  /** The version of a Redis that databases can run on, as the catalogue has it. */
  redis: z.string().optional(),
});

export type ImageRecipe = z.output<typeof recipeSchema>;

export const imagesDirectory = join(projectRoot, 'images');

const readRecipes = (): readonly ImageRecipe[] =>
  z.array(recipeSchema).parse(JSON.parse(readFileSync(join(imagesDirectory, 'recipes.json'), 'utf8')));

/** The recipes of these images, in their order. Throws a RangeError for a name that has none: that is a mistake in the caller. */
export const recipesOf = (names: readonly string[]): readonly ImageRecipe[] => {
  const all = new Map(readRecipes().map((recipe) => [recipe.name, recipe]));
  return names.map((name) => {
    const recipe = all.get(name);
    if (!recipe) throw new RangeError(`images/recipes.json has no ${name}`);
    return recipe;
  });
};

/** Changes with anything that the image is made from, so that an image made from an older recipe, or older material, is seen as missing. */
export const fingerprintOf = (recipe: ImageRecipe, materialFingerprint = ''): string => {
  const hash = createHash('sha256').update(JSON.stringify([recipe.suite, recipe.packages, recipe.changes]));
  if (recipe.hook) hash.update(readFileSync(join(imagesDirectory, recipe.hook)));
  hash.update(materialFingerprint);
  return hash.digest('hex').slice(0, 16);
};
