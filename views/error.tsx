import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';

type ErrorProps = {
  chrome: Chrome;
  kind: Exclude<keyof Chrome['m']['errors'], 'home'>;
  /** The id under which the log has the error. */
  requestId: string | undefined;
};

/** What the admin shows when it cannot do what was asked for. */
export function ErrorPage({ chrome, kind, requestId }: ErrorProps): JSX.Element {
  const { title, text } = chrome.m.errors[kind];
  return (
    <AdminLayout chrome={chrome} title={title}>
      <p class="lead" safe>
        {text}
      </p>
      {requestId === undefined ? (
        ''
      ) : (
        <p>
          <code safe>{requestId}</code>
        </p>
      )}
      <p class="ways">
        <a href="/admin/" safe>
          {chrome.m.errors.home}
        </a>
      </p>
    </AdminLayout>
  );
}
