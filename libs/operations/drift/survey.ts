import { findDrift } from '#domain/drift/find-drift.js';
import type { Finding } from '#domain/drift/finding.js';
import type { ServerAnswer } from '#domain/drift/server-state.js';
import { treesOf } from '#domain/drift/trees.js';
import { credentialsOfAll, environmentsById, sweepTargets, type SweepTarget } from '#persistence/drift.js';
import { ownCertificatesOf } from '#persistence/own-certificates.js';
import type { Observation } from '#persistence/observations.js';
import type { EnvironmentRow } from '#persistence/tables.js';
import { observationDocument } from './observation-document.js';
import { observeServers, type HostView, type Lookout, type Seen } from './observe.js';
import { subjectOf, type Subject } from './recorded.js';

/** One database, looked at. */
export interface Surveyed {
  readonly target: SweepTarget;
  readonly findings: readonly Finding[];
  readonly answer: ServerAnswer;
  readonly observation: Observation;
}

/** The databases of these ids with everything that it takes to look at them. `since` as in `sweepTargets`. */
export const subjectsOf = async (
  { control }: Lookout,
  ids: readonly string[],
  since: Date,
  environments?: ReadonlyMap<string, EnvironmentRow>,
): Promise<readonly Subject[]> => {
  const targets = await sweepTargets(control.db, ids, since);
  const known = environments ?? (await environmentsById(control.db));
  const withFollowers = new Set([...ids, ...targets.flatMap(({ followers }) => followers.map(({ id }) => id))]);
  const [credentials, certificates] = await Promise.all([
    credentialsOfAll(control.db, [...withFollowers]),
    ownCertificatesOf(control.db, ids),
  ]);
  return targets.map((target) => {
    const environment = known.get(target.database.environment_id);
    if (!environment) throw new Error(`Database ${target.database.id} has no environment`);
    return subjectOf(control, target, environment, credentials, certificates);
  });
};

/** Looks at these servers, which have to be whole trees, and compares them with what is recorded. */
export const survey = async (
  lookout: Lookout,
  subjects: readonly Subject[],
  host: HostView | null,
  signal: AbortSignal,
): Promise<readonly Surveyed[]> => {
  const seen = new Map(
    (await observeServers(lookout, subjects, host, signal)).map((one) => [one.recorded.id, one] as const),
  );
  return treesOf([...seen.values()].map(({ target }) => target.database)).flatMap((ids) => {
    const tree = ids.map((id) => seen.get(id)).filter((one) => one !== undefined);
    return tree.map((one) => surveyed(one, tree));
  });
};

const surveyed = (one: Seen, tree: readonly Seen[]): Surveyed => {
  const { target, observed, info, at } = one;
  const findings = findDrift(one, tree);
  const source = tree.find(({ recorded }) => recorded.id === target.database.source_id)?.observed.answer;
  const sourceView = source?.kind === 'answers' ? source.view : null;
  const document = observationDocument(observed.container, info, sourceView);
  return {
    target,
    findings,
    answer: observed.answer,
    observation: { databaseId: target.database.id, at, document, findings },
  };
};
