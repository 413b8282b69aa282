import { Option } from 'commander';
import { credentialTypes, doorFollows } from '#domain/database/status.js';

/** A part of `DoorChoice` on the command line. */
export const doorOptions = (): Option[] => [
  new Option('--type <type>', 'redis (plain) or redis+ssl (TLS, when not given)').choices(credentialTypes),
  new Option(
    '--follows <what>',
    'the door of this database, or the one that stays with the primary (when not given: of a primary the latter, else the former)',
  ).choices(doorFollows),
];
