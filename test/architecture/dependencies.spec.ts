import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './source-files.js';

interface Finding {
  readonly rule: { readonly name: string };
  readonly from: string;
}

const files = ['.dependency-cruiser.cjs', '.dependency-cruiser.resolve.cjs', 'tsconfig.json', 'package.json'];
const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

/** One breach of each rule, by the file that commits it. */
const breaches: Record<string, { file: string; text: string }> = {
  'no-circular': { file: 'libs/queue/one.ts', text: "import type { Two } from './two.js';\nexport type One = Two;" },
  resolvable: { file: 'libs/queue/lost.ts', text: "import './nowhere.js';" },
  'domain-imports-only': { file: 'libs/domain/a.ts', text: "import '#contracts/target.js';" },
  'domain-is-pure': { file: 'libs/domain/b.ts', text: "import 'zod';" },
  'domain-takes-only-hashes': {
    file: 'libs/domain/c.ts',
    text: "import { randomUUID } from 'node:crypto';\nexport const a = randomUUID;",
  },
  'contracts-imports-only': { file: 'libs/contracts/a.ts', text: "import '#persistence/target.js';" },
  'configuration-imports-only': { file: 'libs/configuration/a.ts', text: "import '#persistence/target.js';" },
  'observability-imports-only': { file: 'libs/observability/a.ts', text: "import '#persistence/target.js';" },
  'persistence-imports-only': { file: 'libs/persistence/a.ts', text: "import '#queue/target.js';" },
  'queue-imports-only': { file: 'libs/queue/a.ts', text: "import '#persistence/target.js';" },
  'engine-imports-only': { file: 'libs/engine/a.ts', text: "import '#persistence/target.js';" },
  'operations-imports-only': {
    file: 'libs/operations/a.ts',
    text: "import type { A } from '#engine/docker/target.js';\nexport type B = A;",
  },
  'apps-stand-alone': { file: 'apps/api/a.ts', text: "import '../scheduler/target.js';" },
  'libraries-know-no-app': { file: 'libs/queue/b.ts', text: "import '../../apps/scheduler/target.js';" },
  'faces-never-touch-the-engine': { file: 'apps/api/b.ts', text: "import '#engine/ports/target.js';" },
  'only-the-api-opens-backups': { file: 'apps/scheduler/d.ts', text: "import '#engine/open-backups.js';" },
  'cli-talks-to-the-api': { file: 'apps/cli/a.ts', text: "import '#persistence/target.js';" },
  'nest-lives-in-apps': { file: 'libs/operations/b.ts', text: "import '@nestjs/common';" },
  'bullmq-in-queue': { file: 'apps/scheduler/a.ts', text: "import 'bullmq';" },
  'dockerode-in-engine': { file: 'apps/lifecycle-worker/a.ts', text: "import 'dockerode';" },
  's3-in-stores': { file: 'libs/engine/backups/a.ts', text: "import '@aws-sdk/client-s3';" },
  'ioredis-in-engine': { file: 'libs/engine/edge/a.ts', text: "import 'ioredis';" },
  'postgres-in-persistence': { file: 'apps/api/c.ts', text: "import { sql } from 'kysely';\nexport const a = sql;" },
  'production-is-not-a-test': { file: 'apps/lifecycle-worker/b.ts', text: "import '#engine/fake/target.js';" },
  'declared-dependencies': { file: 'apps/api/d.ts', text: "import 'fast-check';" },
};

/** What the breaches reach for, and what is allowed. */
const bystanders: Record<string, string> = {
  'libs/queue/two.ts': "import type { One } from './one.js';\nexport type Two = One | 1;",
  'libs/contracts/target.ts': "import '#domain/fine.js';\nimport 'zod';",
  'libs/persistence/target.ts': "import '#domain/fine.js';\nimport 'kysely';",
  'libs/queue/target.ts': "import 'bullmq';\nimport 'ioredis';",
  'libs/engine/docker/target.ts': "import 'dockerode';\nexport type A = 1;",
  'libs/engine/ports/target.ts': 'export {};',
  'libs/engine/open-backups.ts': "import './ports/target.js';",
  'apps/api/target.ts': "import '#engine/open-backups.js';",
  'libs/engine/fake/target.ts': 'export {};',
  'libs/domain/fine.ts': 'export {};',
  'libs/domain/audit/chain.ts': "import { hash } from 'node:crypto';\nexport const a = hash;",
  'libs/operations/fine.ts': "import '#engine/ports/target.js';\nimport '#persistence/target.js';",
  'apps/scheduler/target.ts': "import '#operations/fine.js';\nimport '#queue/target.js';",
  'apps/standalone/main.ts': "import '../scheduler/target.js';",
};

let directory = '';
let findings: readonly Finding[] = [];
let rules: readonly string[] = [];

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), `${text}\n`);
};

const cruise = async (): Promise<readonly Finding[]> => {
  const words = [
    program,
    'apps',
    'libs',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    '--preserve-symlinks',
  ];
  // With findings the program still writes them all, and ends with another code.
  const { stdout } = await promisify(execFile)(process.execPath, words, {
    cwd: directory,
    maxBuffer: 50_000_000,
  }).catch((error: { stdout: string }) => error);
  return (JSON.parse(stdout) as { summary: { violations: Finding[] } }).summary.violations;
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-dependencies-'));
  for (const file of files) cpSync(join(root, file), join(directory, file));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  for (const { file, text } of Object.values(breaches)) write(file, text);
  for (const [path, text] of Object.entries(bystanders)) write(path, text);
  const config = (await import(join(root, '.dependency-cruiser.cjs'))) as {
    default: { forbidden: { name: string }[] };
  };
  rules = config.default.forbidden.map(({ name }) => name);
  findings = await cruise();
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true }));

describe('the dependency rules', () => {
  it('are each broken once below', () => {
    expect([...rules].sort()).toEqual(Object.keys(breaches).sort());
  });

  it.each(Object.entries(breaches))('%s fails the build', (rule, { file }) => {
    expect(findings.filter(({ from }) => from === file).map((finding) => finding.rule.name)).toContain(rule);
  });

  it('let everything else pass', () => {
    const guilty = new Set(Object.values(breaches).map(({ file }) => file));
    const innocent = findings.filter(({ from }) => !guilty.has(from));
    // A cycle has two ends.
    expect(innocent.filter(({ from }) => from !== 'libs/queue/two.ts')).toEqual([]);
  });
});
