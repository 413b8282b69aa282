import type { Operation } from '#contracts/http/operations.js';
import type { CheckedPromotion } from '../support/checker/checked-promotion.js';
import { DirectLink, type Directory } from '../support/checker/direct-link.js';
import { DoorLink, type OrdinaryOptions } from '../support/checker/door-link.js';
import { LiveTree } from '../support/live-tree.js';
import { Live } from '../support/live.js';
import { compareVersions } from '#domain/catalogue/version.js';
import { RawPromotions, type Load } from './raw-promotion.js';
import { Rounds } from './rounds.js';
import { measured, median, quantile, type Row } from './row.js';

const promotions = 30;
const references = 10;
const doorRounds = 10;
/** Of the sixteen of the first load. */
const doorClients = 8;
const aimedPauseMs = 50;
const aimedShare = 0.2;
const aimedDoorGapMs = 150;

type Version = Parameters<typeof RawPromotions.start>[0];
const versions: readonly Version[] = ['6.0', '7.0', '8.0'];

/** As many writes in all, whoever many clients share them: what is measured must not be the clients' own process. */
const loads: readonly Load[] = [16, 64].map((clients) => ({ clients, thinkMs: clients / 4 }));

/** Strict promotions under load beside Redis' own ways, with the same clients in the same run; `promotion:7.0` for another version. */
export const benchPromotion = async (asked = '8.0'): Promise<readonly Row[]> => {
  const version = versions.find((known) => known === asked);
  if (!version) throw new Error(`There is no version "${asked}"; there are ${versions.join(', ')}`);
  const live = await Live.start();
  const raw = await RawPromotions.start(version);
  try {
    const tree = await LiveTree.make(live, 'bench', { version });
    await warmUp(tree, raw);
    const rows: Row[] = [];
    for (const load of loads) rows.push(...(await benchPause(tree, raw, load, version)));
    return [...rows, ...(await benchDoor(tree))];
  } finally {
    await raw.close();
    await live.close();
  }
};

/** The first rounds measure the compiler of this process. */
const warmUp = async (tree: LiveTree, raw: RawPromotions): Promise<void> => {
  for (let round = 0; round < 3; round++) {
    await raw.nothing(loads[1]!);
    await tree.checked(loads[1]!);
  }
};

/** In turns, so that a neighbour's load on the machine falls on all alike. */
const benchPause = async (
  tree: LiveTree,
  raw: RawPromotions,
  load: Load,
  version: Version,
): Promise<readonly Row[]> => {
  const [ours, failover, byHand, nothing] = [new Rounds(), new Rounds(), new Rounds(), new Rounds()];
  const pauses: number[] = [];
  const hasFailover = compareVersions(version, '6.2') >= 0;
  for (let round = 0; round < promotions; round++) {
    ours.add(await tree.checked(load, async () => pauses.push(pauseIn(await tree.promote()))));
    if (round % (promotions / references) !== 0) continue;
    if (hasFailover) failover.add(await raw.failover(load));
    byHand.add(await raw.noOne(load));
    nothing.add(await raw.nothing(load));
  }
  const reference = hasFailover ? failover : null;
  const who = `${load.clients} clients`;
  return [
    ...pauseRows(who, ours.waits, reference?.waits),
    figure(`${who}: pause by the receipt, p50`, median(pauses)),
    measured(`${who}: pause by the receipt, longest`, 'ms', longest(pauses), { most: aimedPauseMs }),
    figure(`${who}: longest wait with REPLICAOF NO ONE`, longest(byHand.waits)),
    figure(`${who}: longest wait with no promotion`, longest(nothing.waits)),
    ...lossRows(who, ours, reference, byHand),
  ];
};

const pauseIn = ({ receipt }: Operation): number => Number(receipt?.['writePauseMs']);

const longest = (samples: readonly number[]): number => quantile(samples, 1);
const figure = (name: string, ms: number): Row => measured(name, 'ms', ms, null);

/** Beside FAILOVER, where the version has it. */
const pauseRows = (who: string, ours: readonly number[], failover?: readonly number[]): readonly Row[] => {
  const [p50, most] = [`${who}: write pause, p50`, `${who}: write pause, longest of ${promotions} promotions`];
  if (!failover) return [figure(p50, median(ours)), measured(most, 'ms', longest(ours), { most: aimedPauseMs })];
  const share = longest(ours) / longest(failover);
  return [
    measured(p50, 'ms', median(ours), null, median(failover)),
    measured(most, 'ms', longest(ours), { most: aimedPauseMs }, longest(failover)),
    measured(`${who}: longest write pause, part of FAILOVER's`, '×', share, { most: aimedShare }),
  ];
};

const lossRows = (who: string, ours: Rounds, failover: Rounds | null, byHand: Rounds): readonly Row[] => [
  measured(`${who}: acknowledged entries lost`, 'of ' + String(ours.acknowledged), ours.lost, { most: 0 }),
  measured(`${who}: complaints of the checker`, '', ours.complaints, { most: 0 }),
  measured(`${who}: two servers took writes at once`, 'times', ours.overlaps, { most: 0 }),
  ...(failover
    ? [measured(`${who}: lost by FAILOVER`, 'of ' + String(failover.acknowledged), failover.lost, null)]
    : []),
  measured(`${who}: lost by REPLICAOF NO ONE`, 'of ' + String(byHand.acknowledged), byHand.lost, null),
];

/** As the library had it up to its fifth version, and as many applications have it still. */
const shortRetries: OrdinaryOptions = { retryStrategy: (times) => Math.min(times * 50, 2000) };

/** Half of the clients only know the door, the others have to be told when the operation has succeeded. */
const benchDoor = async (tree: LiveTree): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  const kinds: readonly [string, OrdinaryOptions][] = [
    ['ioredis as it comes', {}],
    ['ioredis, 50 ms before the first retry', shortRetries],
  ];
  for (const [name, options] of kinds) {
    const [door, told] = [new Rounds(), new Rounds()];
    for (let round = 0; round < doorRounds; round++) {
      const result = await throughDoor(tree, options);
      const errors = result.errors.filter(({ client }) => client < doorClients);
      door.add({ ...result, errors, longest: result.longest.slice(0, doorClients) });
      told.add({ ...result, longest: result.longest.slice(doorClients) });
    }
    rows.push(
      measured(`primary door, ${name}: gap p50`, 'ms', median(door.gaps), null, median(told.gaps)),
      measured(
        `primary door, ${name}: longest gap`,
        'ms',
        longest(door.gaps),
        { most: aimedDoorGapMs },
        longest(told.gaps),
      ),
      measured(`primary door, ${name}: complaints`, '', door.complaints, { most: 0 }),
      measured(`primary door, ${name}: errors that came out`, '', door.errors, { most: 0 }),
    );
  }
  return rows;
};

const throughDoor = (tree: LiveTree, options: OrdinaryOptions): Promise<CheckedPromotion> => {
  const link = (client: number, directory: Directory) =>
    client < doorClients ? new DoorLink(tree.door(), tree.login, options) : new DirectLink(directory, tree.login);
  return tree.checked({ ...loads[0]!, roaming: false, link }, async (directory) => {
    await tree.promote();
    directory.tell(tree.primary.address);
  });
};
