import type { Argument } from 'commander';
import type { Verb } from '../verb.js';
import { Refusal, type Problem } from './refusal.js';

type Words = Pick<Verb, 'operands' | 'options' | 'fields'>;

/** Options that several verbs have, and that the API calls otherwise. */
const everywhere: Readonly<Record<string, string>> = {
  env: '--environment',
  memoryMb: '--container-size',
  diskGb: '--disk-size',
};

/** What a verb threw; a refusal of input knows as well what the verb calls the fields. */
export const refusedAsTyped = (verb: Words, error: unknown): unknown =>
  error instanceof Refusal ? new Refusal(error.problem, asTyped(verb, error.problem)) : error;

/** A problem whose fields are named as the options and operands that they were typed as. */
export const asTyped = (verb: Words, problem: Problem): Problem => {
  const { detail, errors } = problem;
  if (!errors) return problem;
  const listed = new Set(errors.map(({ path }) => path));
  return {
    ...problem,
    detail: inWords(verb, detail, (token) => listed.has(token) || isField(token)),
    errors: errors.map(({ path, message }) => ({
      path: spoken(verb, path),
      message: inWords(verb, message, isField),
    })),
  };
};

const inWords = (verb: Words, text: string, named: (token: string) => boolean): string =>
  text.replace(/[\w.]*\w/g, (token) => (named(token) ? spoken(verb, token) : token));

/** In a sentence `version` may be just a word; what has a capital inside is none. */
const isField = (token: string): boolean => /^[a-z]+[A-Z]\w*$/.test(token);

const spoken = (verb: Words, path: string): string => {
  const [field = '', ...inside] = path.split('.');
  const word = wordOf(verb, field);
  if (word === undefined) return path;
  // The second of several values of an option is told by the message; one with a name was typed by its name.
  const name = inside.filter((part) => !/^\d+$/.test(part)).join('.');
  return name === '' ? word : name;
};

const wordOf = ({ operands = [], options = [], fields = {} }: Words, field: string): string | undefined => {
  if (fields[field] !== undefined) return fields[field];
  const shownOptions = options.filter(({ hidden }) => !hidden);
  const option = shownOptions.find((one) => one.attributeName() === field || one.long === everywhere[field]);
  if (option?.long) return option.long;
  const operand = operands.find((one) => one.name() === field);
  if (operand) return shown(operand);
  // What stands in the path of the request.
  return operands[0] && (field === 'id' || field === 'env') ? shown(operands[0]) : undefined;
};

const shown = (operand: Argument): string => {
  const name = `${operand.name()}${operand.variadic ? '...' : ''}`;
  return operand.required ? `<${name}>` : `[${name}]`;
};
