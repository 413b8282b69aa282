import { Argument, InvalidArgumentError, Option } from 'commander';

export const outputFormats = ['text', 'json'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export const outputOption = (): Option =>
  new Option('-o, --output <format>', 'text, or one JSON document on the standard output').choices(outputFormats);

export interface EnvironmentOptions {
  readonly environment?: string;
  /** The reference's other spelling. */
  readonly env?: string;
}

export const environmentOptions = (otherwise = '`default` when there are several and none is given'): Option[] => [
  new Option('-e, --environment <name>', `environment; ${otherwise}`),
  new Option('--env <name>', 'the same as --environment').hideHelp(),
];

export interface DetachOptions {
  readonly detach?: boolean;
}

export const detachOption = (): Option =>
  new Option('--detach', 'return as soon as the operation is recorded, without following it');

export interface ConfirmOptions {
  readonly confirm?: string;
}

export const confirmOption = (what = 'handle'): Option =>
  new Option(`--confirm <${what}>`, `the ${what} again, in place of the question`);

/** Of a verb that starts an operation on a database, and follows it. */
export type FollowedOptions = EnvironmentOptions & DetachOptions;

export const followedOptions = (...own: readonly Option[]): Option[] => [
  ...environmentOptions(),
  ...own,
  detachOption(),
];

/** Of one for which the handle may have to be typed. */
export type ConfirmedOptions = FollowedOptions & ConfirmOptions;

export const confirmedOptions = (...own: readonly Option[]): Option[] => followedOptions(...own, confirmOption());

export const databaseOperand = (): Argument =>
  new Argument('<handle>', 'the database: its handle, environment/handle or id');

export const operationOperand = (): Argument => new Argument('<id>', 'id of the operation');

export const backupOperand = (): Argument => new Argument('<id>', 'id of the backup; see backup:list');

export const limitOption = (initial: number): Option =>
  new Option('--limit <count>', 'show at most so many').argParser(wholeNumber).default(initial);

/** Far above every bound of the API, and what no column is too small for. */
const largest = 999_999_999;

/** Bounds are the API's to check; that it is a number at all is ours. */
export const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  if (Number(text) > largest) throw new InvalidArgumentError(`It must be between 0 and ${String(largest)}.`);
  return Number(text);
};
