import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCatalogue } from '#domain/errors/catalogue.js';
import { operationKindNames } from '#domain/operation/kinds.js';
import { verbs } from '../../apps/cli/verbs.js';
import { production, root, textOf } from './source-files.js';

interface Generator {
  documents(verbs: unknown): Promise<{ name: string; found: string; wanted: string }[]>;
  causesIn(document: string): Map<string, string>;
}

const generator = (await import(join(root, 'scripts/documents.mjs'))) as Generator;
const codes = Object.keys(errorCatalogue);

const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'));

describe('generated documents', () => {
  it('are in step with the code; `node scripts/generate-docs.mjs` writes them', async () => {
    const behind = (await generator.documents(verbs)).filter(({ found, wanted }) => found !== wanted);
    expect(behind.map(({ name }) => name)).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  const documented = [...textOf('docs/errors.md').matchAll(/^### `(\w+)`$/gm)].map(([, code]) => code);
  const causes = generator.causesIn(textOf('docs/errors.md'));

  it('documents every code, and no code that does not exist', () => {
    expect([...documented].sort()).toEqual([...codes].sort());
  });

  it('says what causes each', () => {
    expect(codes.filter((code) => !causes.get(code)?.endsWith('.'))).toEqual([]);
  });

  it('says of a code that nothing gives it exactly when nothing does', () => {
    const texts = production
      .filter((path) => !path.startsWith('libs/domain/errors/') && !path.includes('/fake/'))
      .map(textOf);
    const unused = codes.filter((code) => !texts.some((text) => text.includes(`'${code}'`)));
    expect(codes.filter((code) => causes.get(code)?.includes('nothing gives it'))).toEqual(unused);
  });
});

describe('the glossary', () => {
  it('names each kind of operation', () => {
    expect(operationKindNames.filter((kind) => !textOf('docs/glossary.md').includes(`\`${kind}\``))).toEqual([]);
  });
});

describe('links and paths', () => {
  it.each(documents)('of %s lead somewhere', (document) => {
    const links = [...textOf(document).matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map(([, link = '']) =>
      join(dirname(document), link),
    );
    const paths = [...textOf(document).matchAll(/`((?:apps|libs|test|scripts|images|docs)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    );
    expect([...links, ...paths].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

describe('decisions', () => {
  it('are numbered without a gap and fit a page', () => {
    const names = readdirSync(join(root, 'docs/adr')).sort();
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
    expect(names.filter((name) => textOf(`docs/adr/${name}`).split('\n').length > 60)).toEqual([]);
  });
});
