import { Html } from '@kitajs/html';
import type { Live } from '../src/web/admin/live.ts';
import { AdminLayout } from './admin_layout.tsx';
import { LiveFigures } from './live.tsx';
import type { Chrome } from './parts/chrome.ts';

type SystemProps = {
  chrome: Chrome;
  live: Live;
  /** Asks for new figures while somebody looks. */
  script: string;
};

/** A hub that is away says nothing new: the time of the figures tells how old they are. */
const KEEP_ON_ERROR = { 'hx-status:4xx': 'swap:none', 'hx-status:5xx': 'swap:none' };

/** How the hub is. The figures renew themselves; without JavaScript there is a link that does so. */
export function SystemPage({ chrome, live, script }: SystemProps): JSX.Element {
  const { system } = chrome.m;
  const reload = (
    <a class="button" href="/admin/system/" safe>
      {system.reload}
    </a>
  );
  return (
    <AdminLayout chrome={chrome} title={system.title} section="system" scripts={[script]} actions={reload}>
      <div id="live" hx-get="/admin/system/live/" hx-trigger="due" hx-swap="innerMorph" {...KEEP_ON_ERROR}>
        <LiveFigures chrome={chrome} live={live} />
      </div>
    </AdminLayout>
  );
}
