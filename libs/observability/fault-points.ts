/** The steps of each kind, as its `decide` names them. A test holds this list to the handlers and to the source. */
const actions = {
  provision: ['remove', 'prepare', 'create', 'start', 'open-doors', 'await-ready'],
  restart: ['stop', 'start', 'open-doors', 'await-ready'],
  reload: ['stop', 'remove', 'prepare', 'create', 'start', 'open-doors', 'await-ready'],
  replicate: ['remove', 'prepare', 'admit', 'create', 'start', 'open-doors', 'await-ready', 'await-link'],
  promote: [
    'prepare',
    'fence-source',
    'switch',
    'take-over',
    'give-back',
    'record',
    'fence',
    'persist',
    'repoint',
    'open-doors',
    'await-link',
    'tidy',
  ],
  unlink: ['detach', 'record', 'persist', 'open-doors', 'tidy'],
  upgrade: [
    'check',
    'backup',
    'verify',
    'try',
    'replica',
    'replace',
    'reserve',
    'create',
    'start',
    'await-link',
    'prepare',
    'fence-source',
    'switch',
    'take-over',
    'give-back',
    'record',
    'fence',
    'persist',
    'repoint',
    'open-doors',
    'tidy',
    'await-ready',
  ],
  'go-back': [
    'check',
    'backup',
    'verify',
    'try',
    'create',
    'start',
    'await-answer',
    'prepare',
    'fence-source',
    'switch',
    'give-back',
    'take-over',
    'open-doors',
    'fence',
    'await-ready',
  ],
  discard: ['remove'],
  repair: [
    'look',
    'prepare',
    'create',
    'start',
    'open-doors',
    'await-answer',
    'attach',
    'log-in',
    'restart-policy',
    'persist',
    'keep',
    'settings',
    'users',
    'lead',
    'follow',
    'fence',
    'certificate',
    'gate',
    'report',
  ],
  deprovision: ['final-backup', 'close-doors', 'stop', 'remove', 'remove-others', 'remove-volume', 'tidy'],
  configure: [
    'tidy',
    'look',
    'start',
    'dry-start',
    'take-doors',
    'keep',
    'apply',
    'persist',
    'let-go',
    'stop',
    'await-ready',
    'open-doors',
    'close-doors',
  ],
  resize: ['look', 'limit', 'apply', 'persist', 'settle'],
  'rotate-credentials': ['record', 'admit', 'check', 'publish', 'hand-over', 'forget', 'withdraw'],
  rename: ['answer-to', 'write', 'load', 'check', 'note'],
  'renew-certificate': ['accept', 'admit', 'write', 'load', 'check', 'note', 'settle'],
  'retire-credentials': ['hand-over', 'forget', 'withdraw'],
  'backup-snapshot': ['tidy', 'write', 'record'],
  'verify-backup': ['remove', 'prepare', 'create', 'load', 'start', 'compare'],
  'copy-backup': ['tidy', 'write', 'record'],
  'purge-backup': ['mark', 'remove', 'record'],
  restore: ['remove', 'prepare', 'create', 'load', 'start', 'check', 'open-doors', 'await-ready'],
  import: [
    'tidy',
    'fetch',
    'record',
    'remove',
    'prepare',
    'create',
    'load',
    'start',
    'check',
    'open-doors',
    'await-ready',
  ],
} as const;

type Kind = keyof typeof actions;

/** Before and after a step acts, and when its end is written down. */
const momentsOfAction = ['begun', 'acted', 'recorded'] as const;

/**
 * Of an operation: its wake-up was taken, its row claimed, its attempt written down; nothing is left to do, the last
 * transaction is written and not committed, it is committed.
 */
const momentsOfOperation = ['woken', 'claimed', 'opened', 'finishing', 'ending', 'finished'] as const;

/** Places in the middle of something. */
const inner = [
  'create:container-made',
  'create:files-written',
  'switch:paused',
  'switch:caught-up',
  'switch:demoted',
  'switch:promoted',
  'switch:led-over',
  'back:silenced',
  'back:recorded',
  'back:promoted',
  'back:led-over',
  'replace:recorded',
  'replace:stop',
  'replace:remove',
  'replace:prepare',
  'replace:create',
  'replace:start',
  'replace:open-doors',
  'replace:await-ready',
  'dry-start:made',
  'dry-start:taken',
  'databases:forgotten',
  'mode:data-kept',
  'mode:let-go',
  'certificate:files-written',
  'certificate:authorities-written',
  'edge:doors-written',
  'backup:data-stored',
  'backup:manifest-stored',
  'purge:objects-removed',
  'compensation:begun',
  'compensation:doors-closed',
  'compensation:container-removed',
  'compensation:volume-removed',
  'relay:taken',
  'relay:sent',
  'rescue:leases-taken',
  'drift:begun',
  'drift:observed',
  'drift:recorded',
  'drift:ending',
  'deprecation:begun',
  'deprecation:marking',
  'deprecation:marked',
  'deprecation:recorded',
  'deprecation:ending',
  'backup-schedule:arranged',
  'backup-schedule:asking',
  'backup-schedule:asked',
  'backup-schedule:alerting',
  'backup-schedule:alerted',
  'retention:abandoned',
  'retention:asking',
  'retention:asked',
  'retention:stray-removed',
  'verification:asking',
  'verification:asked',
  'discovery:adopting',
  'discovery:adopted',
  'keys:passwords-sealed',
  'keys:manifest-written',
  'keys:backup-sealed',
] as const;

export type FaultPointName =
  | { [K in Kind]: `${K}:${(typeof actions)[K][number]}:${(typeof momentsOfAction)[number]}` }[Kind]
  | `${Kind}:${(typeof momentsOfOperation)[number]}`
  | (typeof inner)[number];

/** Every place there is: what the fault matrix (test/faults) runs through. */
export const faultPointNames: readonly FaultPointName[] = [
  ...(Object.keys(actions) as Kind[]).flatMap((kind) => [
    ...momentsOfOperation.map((moment) => `${kind}:${moment}` as const),
    ...actions[kind].flatMap((action) =>
      momentsOfAction.map((moment) => `${kind}:${action}:${moment}` as FaultPointName),
    ),
  ]),
  ...inner,
];

/** The kinds' own tests hold their actions to the list above. */
export const stepPoint = (kind: Kind, action: string, moment: (typeof momentsOfAction)[number]): FaultPointName =>
  `${kind}:${action}:${moment}` as FaultPointName;

export type FaultAction = () => void | Promise<void>;

const armed = new Map<string, FaultAction>();

/** Named places where a test may stop, slow or kill a process. In production nothing is armed and reaching one costs a map look-up. */
export const faultPoints = {
  arm(name: FaultPointName, action: FaultAction): void {
    armed.set(name, action);
  },
  disarmAll(): void {
    armed.clear();
  },
  async reached(name: FaultPointName): Promise<void> {
    const action = armed.get(name);
    if (action) await action();
  },
};

/** Stopped for as long as the test needs for what it does to somebody else. */
const stopPrefix = 'stop:';

/**
 * What a process reads at start (HOLDFAST_FAULT): SIGKILL to itself the first time the point is reached, or SIGSTOP (`stop:name`), after
 * which it goes on when it is told to. Errors: an unknown name.
 */
export const armFault = (text: string): void => {
  const stops = text.startsWith(stopPrefix);
  const name = stops ? text.slice(stopPrefix.length) : text;
  const known = faultPointNames.find((candidate) => candidate === name);
  if (!known) throw new Error(`There is no fault point "${name}"`);
  faultPoints.arm(known, () => {
    armed.delete(known);
    process.kill(process.pid, stops ? 'SIGSTOP' : 'SIGKILL');
    // A signal is delivered asynchronously: hold the caller here so that nothing after the point runs before it.
    return new Promise<void>((goOn) => {
      if (stops) setTimeout(goOn, deliveryMs);
    });
  });
};

const deliveryMs = 20;
