import type { Configuration } from '#configuration/configuration.js';

/** How this machine reaches the API: an address that means "all" is no address to call. */
export const apiUrl = ({ listenAddress, port }: Pick<Configuration, 'listenAddress' | 'port'>): string => {
  const own: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  const host = own[listenAddress] ?? (listenAddress.includes(':') ? `[${listenAddress}]` : listenAddress);
  return `http://${host}:${port}`;
};
