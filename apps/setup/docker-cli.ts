import { labels } from '#domain/server/names.js';
import { outcomeOf, run, type CommandOutcome } from './command.js';

/** Docker's own command line against one socket: what a person would type, so that a failure can be repeated by hand. */
export class DockerCli {
  constructor(readonly socket: string) {}

  run(args: readonly string[], signal: AbortSignal): Promise<string> {
    return run('docker', this.withSocket(args), { signal, shownAs: `docker ${args[0] ?? ''}` });
  }

  async lines(args: readonly string[], signal: AbortSignal): Promise<string[]> {
    return (await this.run(args, signal)).split('\n').filter((line) => line !== '');
  }

  outcomeOf(args: readonly string[], signal: AbortSignal): Promise<CommandOutcome> {
    return outcomeOf('docker', this.withSocket(args), { signal });
  }

  private withSocket(args: readonly string[]): string[] {
    return ['--host', `unix://${this.socket}`, ...args];
  }
}

export const ownedBy = (installation: string): string[] => ['--filter', `label=${labels.installation}=${installation}`];
