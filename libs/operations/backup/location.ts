/**
 * Where a backup lies in its store: `holdfast/<installation>/<backup>/`, and nothing else below that. Each attempt has names of its own, so
 * that one that was given up and still writes never touches what another one has made.
 */
export const backupPrefix = (installationId: string, backupId: string): string =>
  `${installationPrefix(installationId)}${backupId}/`;

export const installationPrefix = (installationId: string): string => `${root}${installationId}/`;

export const root = 'holdfast/';

export const dataKey = (prefix: string, attempt: number): string => `${prefix}${attempt}.data`;
export const manifestKey = (prefix: string, attempt: number): string => `${prefix}${attempt}.manifest.json`;
export const isManifestKey = (key: string): boolean => key.endsWith('.manifest.json');

const place = /^(holdfast\/[0-9a-f-]{36}\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/)[^/]+$/;

/** The backup that a key belongs to; null when it is none of ours. */
export const placeOf = (key: string): { readonly prefix: string; readonly backupId: string } | null => {
  const [, prefix, backupId] = place.exec(key) ?? [];
  return prefix === undefined || backupId === undefined ? null : { prefix, backupId };
};
