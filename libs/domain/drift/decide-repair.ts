import { refuse, type Decision } from '../operation/decide-server.js';
import { findingText, type Finding, type FindingCode } from './finding.js';

export type RepairAction =
  | 'look'
  | 'prepare'
  | 'create'
  | 'attach'
  | 'start'
  | 'open-doors'
  | 'await-answer'
  | 'log-in'
  | 'restart-policy'
  | 'persist'
  | 'keep'
  | 'settings'
  | 'users'
  | 'lead'
  | 'follow'
  | 'fence'
  | 'certificate'
  | 'gate'
  | 'report';

export interface RepairSituation {
  readonly findings: readonly Finding[];
  /** The container was made by this operation and may lack its files. */
  readonly madeByThis: boolean;
  /** The server answers, and it or its file does without the append-only file that is recorded. */
  readonly lacksAppendOnly: boolean;
  readonly done: ReadonlySet<string>;
}

/** What is done about a finding of a server that runs, in the order in which one needs the other: users before links, roles before the gate. */
const remedies: readonly (readonly [action: RepairAction, codes: readonly FindingCode[]])[] = [
  ['log-in', ['manager_refused']],
  ['restart-policy', ['restart_policy_differs']],
  // Before the settings: a server that is told to append and dies while it writes must find a file that does not promise what it had not written.
  ['keep', []],
  ['settings', ['settings_differ']],
  ['users', ['users_differ']],
  ['certificate', ['certificate_differs']],
  ['lead', ['role_differs']],
  ['fence', ['fenced_takes_writes']],
  ['follow', ['source_differs', 'link_down']],
  ['gate', ['gate_shut']],
];

/**
 * Puts right what is safe to put right and leaves the rest. Who of two writers to keep, which data to give up, and another image are not
 * decided here. Each remedy is tried once in an attempt; what it did not help against is left.
 */
export const decideRepair = (situation: RepairSituation): Decision<RepairAction> => {
  const { findings, done } = situation;
  const split = findings.find(({ code }) => code === 'split_brain');
  if (split) return refuse('split_brain_refused', findingText(split));
  if (findings.some(({ code }) => code === 'container_stranger')) {
    return refuse('name_taken_by_stranger', 'A container that is not ours has the name of this database.');
  }
  const chain: RepairAction[] = [...bringUp(situation), ...mend(situation), 'report'];
  if (!done.has('look')) return { next: 'look' };
  const next = chain.find((action) => !done.has(action));
  return next === undefined ? { next: 'finish' } : { next };
};

const isSafe = (findings: readonly Finding[], code: FindingCode): boolean =>
  findings.some((finding) => finding.code === code && finding.repair === 'safe');

/** A container that is there, on its network, and runs. Its role file is written before it starts: a promotion may have passed it by. */
const bringUp = ({ findings, madeByThis, done }: RepairSituation): RepairAction[] => {
  const stopped = isSafe(findings, 'container_stopped');
  const create: RepairAction[] = isSafe(findings, 'container_missing')
    ? ['prepare', 'create']
    : madeByThis && stopped
      ? ['create']
      : [];
  const start = create.length > 0 || stopped || done.has('create') || done.has('start');
  const attach = isSafe(findings, 'network_differs') || done.has('attach');
  return [
    ...create,
    ...(attach ? (['attach'] as const) : []),
    ...(start ? (['persist', 'start', 'open-doors', 'await-answer'] as const) : []),
    ...(attach && !start ? (['await-answer'] as const) : []),
  ];
};

const mend = ({ findings, lacksAppendOnly }: RepairSituation): RepairAction[] => [
  'persist',
  ...remedies
    .filter(([action, codes]) => (action === 'keep' ? lacksAppendOnly : codes.some((code) => isSafe(findings, code))))
    .map(([action]) => action),
];
