/** All that the master key seals in Postgres, as a person reads it. */
export const sealedKinds = {
  authority: 'key of the certificate authority',
  own_certificate: 'keys of certificates that operators brought',
  operation_secret: 'what was sent with operations that wait',
  answer: 'stored answers of idempotent requests',
  credential: 'passwords',
  backup: 'envelopes of backups',
} as const;
export type SealedKind = keyof typeof sealedKinds;
export const sealedKindNames = Object.keys(sealedKinds) as [SealedKind, ...SealedKind[]];

export type KeyFindingCode = `${SealedKind}_resealed`;
export const keyFindingCode = (kind: SealedKind): KeyFindingCode => `${kind}_resealed`;
export const keyFindingCodes = sealedKindNames.map(keyFindingCode) as [KeyFindingCode, ...KeyFindingCode[]];

/** What a sweep of keys has sealed anew, of one kind. */
export interface KeyFinding {
  readonly code: KeyFindingCode;
  readonly severity: 'notice';
  /** The version of the master key that seals it now. */
  readonly keyVersion: number;
  readonly count: number;
  readonly found: string;
}

export type SealedCounts = Readonly<Record<SealedKind, number>>;

/** Of the kinds of which there was something to seal. */
export const keyFindings = (resealed: SealedCounts, keyVersion: number): readonly KeyFinding[] =>
  sealedKindNames
    .filter((kind) => resealed[kind] > 0)
    .map((kind) => ({
      ...{ code: keyFindingCode(kind), severity: 'notice', keyVersion, count: resealed[kind] },
      found: sealedKinds[kind],
    }));

/** The same of all kinds, for counts. */
export const byKeyFinding = (resealed: SealedCounts): Readonly<Record<string, number>> =>
  Object.fromEntries(sealedKindNames.map((kind) => [keyFindingCode(kind), resealed[kind]]));
