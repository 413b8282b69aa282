import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalogue } from '#configuration/catalogue.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { catalogueOf, ensureCatalogueOverride, writeOverride } from './catalogue-override.js';
import { DockerCli } from './docker-cli.js';
import { recipesOf } from './image-recipes.js';
import { imageNames } from './images.js';
import { Progress } from './progress.js';

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

describe('the catalogue that the set-up writes', () => {
  const [older, newer] = [built(imageNames.redis70), built(imageNames.redis80)].map((one) => catalogueOf(one, shipped));
  if (!older || !newer) throw new Error('There are two');
  let home = '';
  const fileNow = (): string => join(home, 'catalogue.json');
  const read = (): string => readFileSync(fileNow(), 'utf8');

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'holdfast-override-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('is written anew while nobody has edited it', () => {
    expect(writeOverride(home, older)).toBe(true);
    expect(writeOverride(home, newer)).toBe(true);
    expect(loadCatalogue(fileNow())).toEqual(newer);
  });

  it('stays as somebody edited it, and is written again when it is gone', () => {
    writeOverride(home, older);
    const edited = read().replace('2025-12', '2027-12');
    writeFileSync(fileNow(), edited);
    expect([writeOverride(home, newer), writeOverride(home, older), read()]).toEqual([false, false, edited]);
    rmSync(fileNow());
    expect(writeOverride(home, newer)).toBe(true);
  });

  it('is taken for edited without a record, unless it is the same', () => {
    writeOverride(home, older);
    rmSync(join(home, 'catalogue.written'));
    expect(writeOverride(home, newer)).toBe(false);
    expect(writeOverride(home, older)).toBe(true);
    expect(writeOverride(home, newer)).toBe(true);
  });

  it('is its own work too when a run broke off between the record and the file', () => {
    const record = join(home, 'catalogue.written');
    writeOverride(home, older);
    const [oldFile, oldRecord] = [read(), readFileSync(record, 'utf8')];
    writeOverride(home, newer);
    writeFileSync(record, oldRecord + readFileSync(record, 'utf8'));
    writeFileSync(fileNow(), oldFile);
    expect(writeOverride(home, newer)).toBe(true);
  });

  it('stops the set-up when somebody broke it, before anything is asked of Docker', async () => {
    writeOverride(home, older);
    writeFileSync(fileNow(), '{"versions": [');
    const noDocker = new DockerCli(join(home, 'no.sock'));
    const progress = new Progress(() => undefined);
    const refusal = ensureCatalogueOverride(
      noDocker,
      home,
      [imageNames.redis80],
      progress,
      new AbortController().signal,
    );
    const error = await refusal.catch((caught: unknown) => caught);
    if (!(error instanceof HoldfastError)) throw error;
    expect([error.code, error.remedy]).toEqual(['configuration_invalid', expect.stringContaining(fileNow())]);
    expect(read()).toBe('{"versions": [');
  });
});
