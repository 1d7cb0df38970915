/** What an admin can decide about views that do not reach their counters, and the page that asks again before it is done. */
export const DECISION_PATHS = {
  retry_dead: '/admin/system/retry-dead/',
  discard_views: '/admin/system/discard-views/',
  apply_orphans: '/admin/system/apply-orphans/',
  discard_orphans: '/admin/system/discard-orphans/',
} as const;

export type Decision = keyof typeof DECISION_PATHS;

export const DECISIONS: readonly Decision[] = ['retry_dead', 'discard_views', 'apply_orphans', 'discard_orphans'];
