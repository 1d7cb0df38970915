import { Html } from '@kitajs/html';
import type { Live } from '../../src/web/admin/live.ts';
import type { Chrome } from './chrome.ts';

const DIALECTS = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const;

/** The process that answered, and the database it works on. */
export function ProcessFigures({ chrome, live }: { chrome: Chrome; live: Live }): JSX.Element {
  const { system } = chrome.m;
  return (
    <section class="panel" aria-labelledby="process">
      <h2 id="process" safe>
        {system.process}
      </h2>
      <Facts facts={factsOf(chrome.m, live)} />
    </section>
  );
}

/** Names and values. */
export function Facts({ facts }: { facts: readonly Fact[] }): JSX.Element {
  return (
    <dl class="readings">
      {facts.map(([name, value]) => (
        <div>
          <dt safe>{name}</dt>
          <dd safe>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export type Fact = readonly [name: string, value: string];

function factsOf(m: Chrome['m'], { here, dialect, schema, hasRedis }: Live): Fact[] {
  const { system } = m;
  const database = schema === undefined ? '' : ` (${system.schema}: ${system.schemas[schema]})`;
  return [
    [system.version, `ContentHub ${here.version}, Bun ${here.bun}`],
    [system.running, here.roles.map((role) => system.roles[role]).join(', ')],
    [system.uptime, m.span(here.uptimeMs)],
    [system.memory, m.memory(here.memoryBytes)],
    [system.database, `${DIALECTS[dialect]}${database}`],
    ...(hasRedis ? recorderFacts(m, here.recorder) : []),
    ...workerFacts(m, here.worker),
    ...beatFacts(m, here.flush),
  ];
}

/** What this process has done with the views of its own answers. */
export function recorderFacts(m: Chrome['m'], recorder: Live['here']['recorder']): Fact[] {
  const { system } = m;
  return [
    [system.recorder, m.number(recorder.recorded)],
    [system.recorderStored, m.number(recorder.stored)],
    [system.recorderWaiting, `${m.number(recorder.pending)}${recorder.failing ? ` (${system.failing})` : ''}`],
    ...droppedFacts(m, recorder.dropped),
  ];
}

function droppedFacts(m: Chrome['m'], dropped: Live['here']['recorder']['dropped']): Fact[] {
  const { system } = m;
  const reasons = (['full', 'expired', 'stopping'] as const).filter((reason) => dropped[reason] > 0);
  if (reasons.length === 0) return [];
  const parts = reasons.map((reason) => `${m.number(dropped[reason])} (${system.recorderDroppedWhy[reason]})`);
  return [[system.recorderDropped, parts.join(', ')]];
}

function workerFacts(m: Chrome['m'], worker: Live['here']['worker']): Fact[] {
  if (worker === undefined) return [];
  const { system } = m;
  const done = system.workerState(
    m.plural(worker.taken, system.nouns.jobs),
    m.plural(worker.views, system.nouns.views),
  );
  return [[system.worker, worker.failing ? `${done} (${system.failing})` : done]];
}

function beatFacts(m: Chrome['m'], flush: Live['here']['flush']): Fact[] {
  if (flush === undefined) return [];
  const { system } = m;
  const { succeededAgeMs, heldMs } = flush;
  return [
    [system.beat, system.beatState(m.number(flush.batches), m.plural(flush.views, system.nouns.views))],
    [system.flushAge, succeededAgeMs === undefined ? system.notYet : system.ago(m.span(succeededAgeMs))],
    [system.gate, heldMs === undefined ? system.gateOpen : system.gateHeld(m.span(heldMs))],
  ];
}
