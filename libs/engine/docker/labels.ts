import { createHash } from 'node:crypto';
import { labels as labelNames } from '#domain/server/names.js';
import type { ContainerSpec, OwnedResource, Owner } from '../ports/container-engine.js';

type Labels = Readonly<Record<string, string>>;

/** Digest of the ContainerSpec that a container was created from. */
export const containerDigestLabel = 'io.holdfast.container-digest';

export const ownerLabels = (owner: Owner): Record<string, string> => ({
  [labelNames.installation]: owner.installation,
  [labelNames.subject]: owner.subject,
});

export const isOwnedBy = (labels: Labels | null | undefined, owner: Owner): boolean =>
  labels?.[labelNames.installation] === owner.installation && labels[labelNames.subject] === owner.subject;

export const ownedResource = (name: string, labels: Labels | null | undefined): OwnedResource => ({
  name,
  subject: labels?.[labelNames.subject] ?? '',
});

/** Equal for equal specs, whatever the order of their keys. */
export const containerDigest = (spec: ContainerSpec): string =>
  createHash('sha256').update(JSON.stringify(spec, sortKeys)).digest('hex');

const sortKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
