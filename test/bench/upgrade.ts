import type { OrdinaryOptions } from '../support/checker/door-link.js';
import { checkedUpgrade } from '../support/checker/checked-upgrade.js';
import { Live } from '../support/live.js';
import { rawUpgrade } from './raw-upgrade.js';
import { Rounds } from './rounds.js';
import { measured, median, quantile, type Row } from './row.js';

const rounds = 5;
const aimedGapMs = 150;
/** As in the benchmark of the primary door: what an application's library waits by itself is not what is measured. */
const link: OrdinaryOptions = { retryStrategy: (times) => Math.min(times * 50, 2000) };
const load = { clients: 16, thinkMs: 4, link };

/** 7.0 to 8.0 under load, by swap and in place, beside a container that is replaced by hand, with the same clients. */
export const benchUpgrade = async (): Promise<readonly Row[]> => {
  const live = await Live.start();
  try {
    const [swap, inPlace, raw] = [new Rounds(), new Rounds(), new Rounds()];
    const pauses: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const [swapped, placed] = [await fresh(live, `swap-${round}`), await fresh(live, `placed-${round}`)];
      const ours = await checkedUpgrade(live, swapped, '8.0', load);
      pauses.push(Number(ours.operation.receipt?.['writePauseMs']));
      swap.add(ours);
      inPlace.add(await checkedUpgrade(live, placed, '8.0', { ...load, method: 'in-place' }));
      raw.add(await rawUpgrade('7.0', '8.0', load));
      for (const one of [swapped, placed]) await live.operate(one, 'deprovision');
    }
    return [
      gap('swap: longest gap, p50', median(swap.gaps), median(raw.gaps), null),
      gap('swap: longest gap', quantile(swap.gaps, 1), quantile(raw.gaps, 1), { most: aimedGapMs }),
      gap('swap: write pause by the receipt, longest', quantile(pauses, 1), null, null),
      gap('in place: longest gap', quantile(inPlace.gaps, 1), quantile(raw.gaps, 1), null),
      measured(`swap: acknowledged entries lost`, `of ${swap.acknowledged}`, swap.lost, { most: 0 }),
      measured('swap: complaints of the checker', '', swap.complaints, { most: 0 }),
      measured('swap: two servers took writes at once', 'times', swap.overlaps, { most: 0 }),
      measured('in place: complaints of the checker', '', inPlace.complaints, { most: 0 }),
      measured('by hand: complaints of the checker', '', raw.complaints, null),
    ];
  } finally {
    await live.close();
  }
};

const fresh = (live: Live, handle: string) => live.provision(handle, { version: '7.0' });

const gap = (name: string, ms: number, raw: number | null, aim: { most: number } | null): Row =>
  measured(name, 'ms', ms, aim, raw);
