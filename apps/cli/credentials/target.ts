import type { CliConfiguration } from '#configuration/cli-configuration.js';
import type { Credentials } from './file.js';

export const defaultUrl = 'http://127.0.0.1:7600';

/** Which API to talk to, and as whom. */
export interface Target {
  readonly url: string;
  readonly token: string | null;
}

/** The environment goes before the file. The file's token is for the file's URL only, or it would be shown to a stranger. */
export const chooseTarget = (
  { url, token }: Pick<CliConfiguration, 'url' | 'token'>,
  stored: Credentials | null,
): Target => {
  const chosen = withoutSlash(url ?? stored?.url ?? defaultUrl);
  const storedToken = stored && withoutSlash(stored.url) === chosen ? stored.token : null;
  return { url: chosen, token: token ?? storedToken };
};

export const withoutSlash = (url: string): string => url.replace(/\/+$/, '');
