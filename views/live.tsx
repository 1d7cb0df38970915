import type { Children } from '@kitajs/html';
import { Html } from '@kitajs/html';
import type { LabelRow, Live } from '../src/web/admin/live.ts';
import type { Chrome } from './parts/chrome.ts';
import { CountingLine } from './parts/counting_line.tsx';
import { DecisionLink } from './parts/decision_link.tsx';
import { OrphanTable } from './parts/orphan_table.tsx';
import { Facts, ProcessFigures, recorderFacts } from './parts/process_figures.tsx';

type LiveProps = { chrome: Chrome; live: Live };

/** The figures of the system screen: the part that renews itself. */
export function LiveFigures({ chrome, live }: LiveProps): JSX.Element {
  const { m } = chrome;
  const { system } = m;
  return (
    <>
      <p class="soft updated">
        <time datetime={live.at.toISOString()} safe>
          {system.updated(m.clock(live.at))}
        </time>
      </p>
      <CountingLine chrome={chrome} state={live.state} hasLink={false} />
      <div class="columns">
        {live.hasRedis ? <Pipeline chrome={chrome} live={live} /> : <Embedded chrome={chrome} live={live} />}
        <ProcessFigures chrome={chrome} live={live} />
      </div>
      {live.labels.length === 0 ? '' : <Labels chrome={chrome} live={live} />}
      <OrphanTable chrome={chrome} orphans={live.orphans} />
    </>
  );
}

/** A name and what it is, in a list of such. */
function Fact({ name, children }: { name: string; children?: Children }): JSX.Element {
  return (
    <div>
      <dt safe>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Pipeline({ chrome, live: { redis } }: LiveProps): JSX.Element {
  const { m } = chrome;
  const { system } = m;
  return (
    <section class="panel" aria-labelledby="pipeline">
      <h2 id="pipeline" safe>
        {system.pipeline}
      </h2>
      {redis === undefined ? (
        <p class="notice notice-warning">
          <strong safe>{system.redis}</strong> <span safe>{system.redisAway}</span>
        </p>
      ) : (
        <dl class="readings">
          <Fact name={system.redis}>
            <span safe>{system.redisIs(redis.server.version)}</span>
          </Fact>
          <Fact name={system.fsync}>
            <span safe>{system.fsyncs[redis.server.fsync]}</span>
          </Fact>
          <Fact name={system.replicas}>
            <span safe>{m.number(redis.server.replicas)}</span>
          </Fact>
          <Fact name={system.queue}>
            <span safe>{m.plural(redis.queued, system.nouns.jobs)}</span>
          </Fact>
          <Fact name={system.oldest}>
            <span safe>{oldestOf(redis, chrome)}</span>
          </Fact>
          <Fact name={system.dead}>
            <span safe>{`${m.number(redis.dead)} (${system.deadEver(m.number(redis.deadTotal))})`}</span>
            {redis.dead === 0 ? '' : <DecisionLink chrome={chrome} decision="retry_dead" />}
          </Fact>
          {redis.unusable.length === 0 ? '' : <Unusable chrome={chrome} keys={redis.unusable} />}
        </dl>
      )}
    </section>
  );
}

/** How long the oldest view that can be told has been on its way: a job in the queue, or a sealed batch. */
function oldestOf(redis: NonNullable<Live['redis']>, { m }: Chrome): string {
  if (redis.oldestJobMs === undefined) return m.system.oldestUnknown;
  const sealed = redis.labels.map((label) => (label.sealed ? Date.now() - label.sealed.at.getTime() : 0));
  const oldest = Math.max(redis.oldestJobMs, ...sealed);
  return oldest === 0 ? m.common.none : m.span(oldest);
}

function Unusable({ chrome, keys }: { chrome: Chrome; keys: readonly string[] }): JSX.Element {
  const { system } = chrome.m;
  return (
    <Fact name={system.unusable}>
      {keys.map((key) => (
        <code safe>{key}</code>
      ))}
      <p safe>{system.unusableHelp}</p>
    </Fact>
  );
}

function Embedded({ chrome, live }: LiveProps): JSX.Element {
  const { system } = chrome.m;
  return (
    <section class="panel" aria-labelledby="pipeline">
      <h2 id="pipeline" safe>
        {system.embedded}
      </h2>
      <p class="soft" safe>
        {system.embeddedHelp}
      </p>
      <Facts facts={recorderFacts(chrome.m, live.here.recorder)} />
    </section>
  );
}

function Labels({ chrome, live }: LiveProps): JSX.Element {
  const { m } = chrome;
  const { system } = m;
  return (
    <section aria-labelledby="labels">
      <h2 id="labels" safe>
        {system.labels}
      </h2>
      <section class="table-scroll" tabindex="0" aria-labelledby="labels">
        <table class="table">
          <thead>
            <tr>
              <th scope="col" safe>
                {system.label}
              </th>
              {live.hasRedis ? (
                <>
                  <th scope="col" class="number" safe>
                    {system.pending}
                  </th>
                  <th scope="col" class="number" safe>
                    {system.sealed}
                  </th>
                </>
              ) : (
                ''
              )}
              <th scope="col" class="number" safe>
                {system.stored}
              </th>
              <th scope="col" safe>
                {system.lastFlush}
              </th>
            </tr>
          </thead>
          <tbody>
            {live.labels.map((row) => (
              <LabelTableRow chrome={chrome} row={row} hasRedis={live.hasRedis} />
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function LabelTableRow(props: { chrome: Chrome; row: LabelRow; hasRedis: boolean }): JSX.Element {
  const { chrome, row, hasRedis } = props;
  const { m } = chrome;
  const { system } = m;
  const { label, pending, sealed } = row;
  const isHeld = (pending ?? 0) > 0 || sealed !== undefined;
  return (
    <tr>
      <th scope="row">
        <code safe>{label}</code>
        {row.isKnown ? (
          ''
        ) : (
          <span class="badge" safe>
            {system.unknownLabel}
          </span>
        )}
      </th>
      {hasRedis ? (
        <>
          <td class="number" safe>
            {pending === undefined ? system.nothing : m.plural(pending, system.nouns.contents)}
          </td>
          <td class="number">
            <span safe>{sealed === undefined ? system.nothing : m.plural(sealed.size, system.nouns.contents)}</span>
            {sealed === undefined ? (
              ''
            ) : (
              <span class="soft beside" safe>
                {system.sealedSince(m.span(sealed.ageMs), m.plural(sealed.tries, system.nouns.tries))}
              </span>
            )}
            {isHeld ? <DecisionLink chrome={chrome} decision="discard_views" label={label} /> : ''}
          </td>
        </>
      ) : (
        ''
      )}
      <td class="number" safe>
        {m.plural(row.stored, system.nouns.views)}
      </td>
      <td class="time">
        {row.storedAt === undefined ? (
          <span safe>{system.never}</span>
        ) : (
          <time datetime={row.storedAt.toISOString()} safe>
            {m.time(row.storedAt)}
          </time>
        )}
      </td>
    </tr>
  );
}
