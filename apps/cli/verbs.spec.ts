import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { outputOption } from './options.js';
import { invoke } from './testing/invoke.js';
import type { Verb } from './verb.js';
import { verbs } from './verbs.js';

const fileOf = (name: string): string => `${name.replace(':', '-')}.ts`;

const commandOf = (verb: Verb): Command => {
  const command = new Command().exitOverride().configureOutput({ outputError: () => undefined });
  verb.operands?.forEach((operand) => command.addArgument(operand));
  [...(verb.options ?? []), outputOption()].forEach((option) => command.addOption(option));
  return command.action(() => undefined);
};

/** The words of an example, without what a shell takes away. */
const wordsOf = (example: string): string[] =>
  (
    example
      .replace(/^\w+=\$\((.*)\)$/, '$1')
      .replace(/ (>|>>|<) .*$/, '')
      .match(/"[^"]*"|\S+/g) ?? []
  ).map((word) => word.replace(/^"(.*)"$/, '$1'));

describe('the verbs', () => {
  it('are the files of the commands folder', () => {
    const files = readdirSync(join(import.meta.dirname, 'commands')).filter((file) => !file.endsWith('.spec.ts'));
    expect(Object.keys(verbs).map(fileOf).sort()).toEqual(files.sort());
  });

  it.each(Object.keys(verbs))('%s: its examples are lines that it takes', async (name) => {
    const verb = await verbs[name]!();
    expect(verb.examples.length).toBeGreaterThan(0);
    for (const example of verb.examples) {
      const [program, called, ...words] = wordsOf(example);
      expect([program, called]).toEqual(['holdfast', name]);
      expect(() => commandOf(verb).parse(words, { from: 'user' })).not.toThrow();
    }
  });

  it.each(Object.keys(verbs))('%s: takes no empty word for what it is about', async (name) => {
    const { operands = [], options = [] } = await verbs[name]!();
    const mandatory = options.filter((option) => option.mandatory).flatMap(({ long }) => [long ?? '', 'x']);
    const required = operands.filter((operand) => operand.required && !operand.variadic);
    for (const blank of ['', ' ']) {
      if (required.length === 0) continue;
      const { exitCode, errors } = await invoke([name, ...required.map(() => blank), ...mandatory]);
      expect(exitCode).toBe(2);
      expect(errors).toContain('(wrong_usage)');
      expect(errors).toContain(`argument '${required[0]!.name()}'`);
    }
  });

  it.each(['--database', '--environment', '--env'])('%s: is not empty', async (option) => {
    const line = option === '--database' ? 'backup-policy' : 'db:list';
    expect(await invoke([line, option, ''])).toMatchObject({
      ...{ exitCode: 2, errors: expect.stringContaining(`option '${option}' is empty`) },
    });
  });

  it.each(Object.keys(verbs))('%s: helps', async (name) => {
    const { exitCode, output } = await invoke([name, '--help']);
    expect(exitCode).toBe(0);
    expect(output).toContain(`Usage: holdfast ${name} [options]`);
    expect(output).toContain('Examples:');
  });
});
