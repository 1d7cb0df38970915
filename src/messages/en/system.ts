import type { PluralForms } from '../plural.ts';

const contents: PluralForms = { one: 'content', other: 'contents' };
const views: PluralForms = { one: 'view', other: 'views' };
const jobs: PluralForms = { one: 'job', other: 'jobs' };
const tries: PluralForms = { one: 'try', other: 'tries' };

/** How the hub is, and what an admin can do with views that do not reach their counters by themselves. */
export const system = {
  title: 'System',
  updated: (clock: string) => `Updated at ${clock}`,
  reload: 'Reload',
  nouns: { contents, views, jobs, tries },

  /** Counting in a sentence, on the dashboard too. */
  states: {
    ok: { title: 'Up to date', text: 'Views reach their counters as they should.' },
    late: { title: 'Late', text: 'Views are kept and reach their counters later than usual.' },
    waiting: { title: 'Waiting', text: 'Views are kept and wait: what stores them does not answer.' },
    attention: {
      title: 'Up to date, some left over',
      text: 'New views are counted. Some could not be: an admin decides.',
    },
    unknown: { title: 'Unknown', text: 'There was no answer in time.' },
  },

  pipeline: 'Counting through Redis',
  redis: 'Redis',
  redisAway: 'does not answer. Pages are served, and views wait in this process.',
  redisIs: (version: string) => `version ${version}`,
  fsync: 'Written to the disk',
  fsyncs: { off: 'never', no: 'when the system likes', everysec: 'every second', always: 'at once' },
  replicas: 'Replicas',
  queue: 'Queue',
  oldest: 'Oldest view on its way',
  oldestUnknown: 'does not say',
  gate: 'Gate',
  gateOpen: 'open',
  gateHeld: (span: string) => `waits for the disk of Redis since ${span}`,
  dead: 'Dead jobs',
  deadEver: (ever: string) => `${ever} ever`,
  unusable: 'Keys of another type',
  unusableHelp: 'Somebody else wrote them. Find out who, then delete them.',

  embedded: 'Counting in this process',
  embeddedHelp: 'Without Redis, one process gathers views and stores them by itself.',

  labels: 'By content type',
  label: 'Content type',
  pending: 'Counted, not sealed',
  sealed: 'Sealed',
  sealedSince: (span: string, tried: string) => `for ${span}, ${tried}`,
  stored: 'Brought into the database',
  lastFlush: 'Last flush',
  never: 'never',
  unknownLabel: 'no content type of this version',
  nothing: '–',

  orphans: 'Set aside',
  orphansHelp: 'Views that were accepted and no counter took.',
  orphansNone: 'Nothing is set aside.',
  reason: 'Reason',
  contents: 'Contents',
  views: 'Views',
  reasons: {
    removed: 'the content is gone',
    full: 'the counter is full',
    rewound: 'Redis went back in time: they may be counted already',
    other: 'unknown',
  },

  database: 'Database',
  kind: 'Kind',
  schema: 'Schema',
  schemas: { current: 'up to date', behind: 'waits for a migration', ahead: 'newer than this version' },

  process: 'This process',
  version: 'Version',
  running: 'Roles',
  roles: { web: 'web', worker: 'worker', beat: 'beat' },
  uptime: 'Up for',
  memory: 'Memory',
  recorder: 'Views taken',
  recorderWaiting: 'Views that wait',
  recorderStored: 'Views handed on',
  recorderDropped: 'Views given up',
  recorderDroppedWhy: { full: 'buffer full', expired: 'too old', stopping: 'while stopping' },
  worker: 'Worker',
  workerState: (jobs: string, views: string) => `${jobs} taken, ${views} counted`,
  failing: 'the last attempt failed',
  beat: 'Beat',
  beatState: (batches: string, views: string) => `${batches} batches, ${views} brought into the database`,
  flushAge: 'Last complete flush',
  ago: (span: string) => `${span} ago`,
  notYet: 'not yet',

  /** What can be done, each asked again on a page of its own. */
  acts: {
    retry_dead: {
      button: 'Retry…',
      title: 'Retry dead jobs',
      text: 'They go back to the queue and are counted if what was wrong with them is mended. Those that fail again come back here.',
      submit: 'Retry them',
      nothing: 'There are no dead jobs.',
    },
    discard_views: {
      button: 'Discard…',
      title: 'Discard counted views',
      text: 'What Redis holds for this content type, counted or sealed, is thrown away and will never reach a counter. This cannot be undone.',
      submit: 'Discard them',
      nothing: 'Redis holds no views of this content type.',
    },
    apply_orphans: {
      button: 'Add to counters…',
      title: 'Add views to their counters',
      text: 'Views of contents that exist and have room are added to their counters; the rest stays set aside. Views that Redis brought twice after it went back in time are then counted twice.',
      submit: 'Add them',
      nothing: 'Nothing is set aside.',
    },
    discard_orphans: {
      button: 'Discard…',
      title: 'Discard views that were set aside',
      text: 'They are thrown away and will never reach a counter. This cannot be undone.',
      submit: 'Discard them',
      nothing: 'Nothing is set aside.',
    },
  },
  allOf: 'all',
  redisAwayNow: 'Redis does not answer. Nothing was changed.',
  done: {
    retry_dead: (jobs: string) => `Put back into the queue: ${jobs}.`,
    retry_dead_kept: (jobs: string) => `Left where they are, because only their beginning was kept: ${jobs}.`,
    discard_views: (contents: string) => `Discarded: views of ${contents}.`,
    apply_orphans: (views: string) => `Added to their counters: ${views}.`,
    discard_orphans: (views: string) => `Discarded: ${views}.`,
  },
};
