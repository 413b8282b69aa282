import { describe, expect, it } from '@jest/globals';
import { mayBeCancelled, operationKindNames, operationKinds } from '#domain/operation/kinds.js';
import { permissions } from '#domain/permissions/permission.js';
import { kindRunners } from '#operations/kinds/registry.js';
import { verbs } from '../../apps/cli/verbs.js';
import { root, textOf } from './source-files.js';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the verb is not the kind itself. */
const otherVerbs: Readonly<Record<string, string>> = {
  provision: 'db:create',
  'backup-snapshot': 'db:backup',
  'verify-backup': 'backup:verify',
  'copy-backup': 'backup:copy',
  'purge-backup': 'backup:purge',
  'go-back': 'db:upgrade',
  restore: 'backup:restore',
  import: 'backup:import',
};
const verbOf = (kind: string): string => otherVerbs[kind] ?? `db:${kind}`;

describe.each(operationKindNames)('the kind %s', (kind) => {
  it('has a handler, an app with a queue for it, and a permission', () => {
    const { app, permission } = operationKinds[kind];
    expect(kindRunners[kind]).toBeDefined();
    expect(existsSync(join(root, 'apps', app, 'main.ts'))).toBe(true);
    expect(permissions).toContain(permission);
  });

  it('has a verb, and a line in the docs', () => {
    expect(Object.keys(verbs)).toContain(verbOf(kind));
    expect(textOf('docs/state-machines.md')).toContain(`| \`${kind}\` | \`${operationKinds[kind].app}\` |`);
    expect(textOf('docs/cli.md')).toContain(`### \`${verbOf(kind)} `);
  });

  it('can undo what it did when it can be cancelled', () => {
    if (mayBeCancelled(kind, [])) expect(kindRunners[kind].compensate).toBeDefined();
  });

  it('ends before its deadline only by itself: the deadline is longer than all waits for a server', () => {
    expect(operationKinds[kind].timeoutMs).toBeGreaterThan(240_000);
  });
});
