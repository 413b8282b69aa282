import { lastDay, type Lifecycle } from '../catalogue/lifecycle.js';
import type { Catalogue } from '../catalogue/version.js';
import type { Exemption, Judgement, LifecycleRecord } from './mark.js';

/** What a deprecation sweep says of a database. The sentence is what a person reads. */
export const lifecycleFindingTitles = {
  end_of_life: 'Its version is past its end of life',
  deprecated: 'Its version is deprecated',
  unlisted: 'The catalogue no longer has its version',
  exempted: 'It is exempted for now',
  cleared: 'Its mark has no reason any more',
} as const;
export type LifecycleFindingCode = keyof typeof lifecycleFindingTitles;
export const lifecycleFindingCodes = Object.keys(lifecycleFindingTitles) as [
  LifecycleFindingCode,
  ...LifecycleFindingCode[],
];

export interface LifecycleFinding {
  readonly code: LifecycleFindingCode;
  /** Nothing is wrong with the server. */
  readonly severity: 'notice';
  readonly repair: 'manual' | 'none';
  readonly recorded: string;
  readonly found: string;
  readonly lifecycle: {
    readonly version: string;
    readonly status: Lifecycle;
    readonly exemption: Exemption | null;
    /** What the sweep did about the mark; in a dry run, what it would do. */
    readonly change: Judgement['change'];
  };
}

/** Null when there is nothing to say: the version is available, nothing is marked and nobody is let off. */
export const lifecycleFinding = (
  record: LifecycleRecord,
  judgement: Judgement,
  catalogue: Catalogue,
): LifecycleFinding | null => {
  const code = codeOf(judgement);
  if (code === null) return null;
  const { lifecycle, exempted, change } = judgement;
  return {
    ...{ code, severity: 'notice', repair: code === 'exempted' || code === 'cleared' ? 'none' : 'manual' },
    recorded: recordedText(record),
    found: foundText(record, judgement, catalogue),
    lifecycle: {
      ...{ version: record.version, status: lifecycle, change },
      exemption: exempted ? record.exemption : null,
    },
  };
};

const codeOf = ({ lifecycle, listed, exempted, change }: Judgement): LifecycleFindingCode | null => {
  if (exempted) return 'exempted';
  if (lifecycle === 'available') return change === 'unmark' ? 'cleared' : null;
  if (!listed) return 'unlisted';
  return lifecycle === 'deprecated' ? 'deprecated' : 'end_of_life';
};

const recordedText = ({ mark, version }: LifecycleRecord): string => {
  if (mark === null) return 'no mark';
  return mark.version === version
    ? `marked ${mark.lifecycle}`
    : `marked ${mark.lifecycle} with version ${mark.version}`;
};

const foundText = ({ version, exemption }: LifecycleRecord, judgement: Judgement, catalogue: Catalogue): string => {
  const { lifecycle, listed, exempted } = judgement;
  const standing = listed
    ? `version ${version}, ${lifecycle}${sinceText(version, lifecycle, catalogue)}`
    : `version ${version}, not in the catalogue`;
  return exempted && exemption ? `${standing}; exempted until ${exemption.endsOn}: ${exemption.reason}` : standing;
};

const sinceText = (version: string, lifecycle: Lifecycle, catalogue: Catalogue): string => {
  const entry = catalogue.find((candidate) => candidate.version === version);
  const date = lifecycle === 'deprecated' ? entry?.deprecatedAt : lifecycle === 'end-of-life' ? entry?.eolAt : null;
  return date ? ` since the end of ${lastDay(date)}` : '';
};
