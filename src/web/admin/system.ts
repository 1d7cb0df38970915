/** How the hub is, and what an admin decides about views that do not reach their counters by themselves. */
import { DecisionPage } from '../../../views/decision.tsx';
import { LiveFigures } from '../../../views/live.tsx';
import { SystemPage } from '../../../views/system.tsx';
import { AppError } from '../../errors.ts';
import { discardViews, retryDead } from '../../impressions/decide.ts';
import { applyOrphans, discardOrphans } from '../../store/orphans.ts';
import { assetUrl } from '../static.ts';
import { DECISION_PATHS, DECISIONS, type Decision } from './decisions.ts';
import { createLive, type Live } from './live.ts';
import type { AdminContext, AdminRequest, AdminRoute, Reply, Screen } from './screen.ts';

const PATH = '/admin/system/';

export const systemScreen: Screen = (admin) => {
  const read = createLive(admin);
  return [
    { method: 'GET', path: PATH, access: 'admin', handle: (visit) => showSystem(visit, read) },
    {
      method: 'GET',
      path: '/admin/system/live/',
      access: 'admin',
      isPolled: true,
      handle: (visit) => showLive(visit, read),
    },
    ...DECISIONS.flatMap((decision): AdminRoute[] => {
      const path = DECISION_PATHS[decision];
      return [
        { method: 'GET', path, access: 'admin', handle: (visit) => askAgain(visit, decision, read) },
        {
          method: 'POST',
          path,
          access: 'admin',
          afterLogin: PATH,
          handle: (visit) => decide(admin, visit, decision, read),
        },
      ];
    }),
  ];
};

async function showSystem({ chrome }: AdminRequest, read: () => Promise<Live>): Promise<Reply> {
  return { html: SystemPage({ chrome, live: await read(), script: assetUrl('system.js') }) };
}

async function showLive({ chrome }: AdminRequest, read: () => Promise<Live>): Promise<Reply> {
  return { html: LiveFigures({ chrome, live: await read() }) };
}

async function askAgain(visit: AdminRequest, decision: Decision, read: () => Promise<Live>): Promise<Reply> {
  const label = visit.query.get('label') ?? '';
  const amount = amountOf(await read(), decision, label);
  return { html: DecisionPage({ chrome: visit.chrome, decision, label, amount }) };
}

async function decide(
  admin: AdminContext,
  visit: AdminRequest,
  decision: Decision,
  read: () => Promise<Live>,
): Promise<Reply> {
  const { m, actor, form } = visit;
  const live = await read();
  if (isInRedis(decision) && live.hasRedis && live.redis === undefined) {
    return { redirect: PATH, flash: { kind: 'error', text: m.system.redisAwayNow } };
  }
  const label = labelOf(live, decision, form.get('label') ?? '');
  const said = await carryOut(admin, decision, label, { actor, m });
  return { redirect: PATH, flash: { kind: 'success', text: said } };
}

/** Does it. @returns what was done, in a sentence @throws AppError `unavailable` */
async function carryOut(
  { database, pipeline }: AdminContext,
  decision: Decision,
  label: string,
  { actor, m }: Pick<AdminRequest, 'actor' | 'm'>,
): Promise<string> {
  const { done, nouns } = m.system;
  if (!isInRedis(decision)) {
    const settle = decision === 'apply_orphans' ? applyOrphans : discardOrphans;
    const views = await database.tx((tx) => settle(tx, actor, label === '' ? undefined : label));
    return done[decision](m.plural(views, nouns.views));
  }
  if (pipeline === undefined) throw new AppError('not_found', 'there is no Redis here');
  if (decision === 'discard_views') {
    const { pending, sealed } = await discardViews({ database, pipeline }, actor, label);
    return done.discard_views(m.plural(Math.max(0, pending) + Math.max(0, sealed), nouns.contents));
  }
  const { retried, kept } = await retryDead({ database, pipeline }, actor);
  const left = kept === 0 ? '' : ` ${done.retry_dead_kept(m.plural(kept, nouns.jobs))}`;
  return `${done.retry_dead(m.plural(retried, nouns.jobs))}${left}`;
}

function isInRedis(decision: Decision): decision is 'retry_dead' | 'discard_views' {
  return decision === 'retry_dead' || decision === 'discard_views';
}

/** The label a decision is about, '' for all. @throws AppError `not_found` for one that nothing is known of */
function labelOf(live: Live, decision: Decision, wanted: string): string {
  const labels = [...live.labels, ...live.orphans].map(({ label }) => label);
  const isForAll = wanted === '' && decision !== 'discard_views';
  if (!isForAll && !labels.includes(wanted)) throw new AppError('not_found', 'no such label');
  return wanted;
}

/** How much a decision is about: jobs, contents or views. */
function amountOf({ redis, labels, orphans }: Live, decision: Decision, label: string): number {
  if (decision === 'retry_dead') return redis?.dead ?? 0;
  if (decision === 'discard_views') {
    const row = labels.find((known) => known.label === label);
    return (row?.pending ?? 0) + (row?.sealed?.size ?? 0);
  }
  return orphans.filter((sum) => label === '' || sum.label === label).reduce((sum, { views }) => sum + views, 0);
}
