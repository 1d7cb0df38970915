import { Html } from '@kitajs/html';
import type { Decision } from '../src/web/admin/decisions.ts';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { CsrfField } from './parts/field.tsx';

type DecisionProps = {
  chrome: Chrome;
  decision: Decision;
  /** The content model it is about; '' for all. */
  label: string;
  /** Jobs, contents or views that it is about. */
  amount: number;
};

/** Asks again before something is done with views that do not reach their counters by themselves. */
export function DecisionPage({ chrome, decision, label, amount }: DecisionProps): JSX.Element {
  const { m } = chrome;
  const words = m.system.acts[decision];
  const isDestructive = decision.startsWith('discard');
  const nouns = {
    retry_dead: 'jobs',
    discard_views: 'contents',
    apply_orphans: 'views',
    discard_orphans: 'views',
  } as const;
  return (
    <AdminLayout
      chrome={chrome}
      title={words.title}
      section="system"
      trail={[{ href: '/admin/system/', text: m.system.title }]}
    >
      {amount === 0 ? (
        <>
          <p class="lead" safe>
            {words.nothing}
          </p>
          <a class="button" href="/admin/system/" safe>
            {m.common.back}
          </a>
        </>
      ) : (
        <form method="post" class="stack prose">
          <CsrfField token={chrome.csrf} />
          <input type="hidden" name="label" value={Html.escapeHtml(label)} />
          <p class="lead">
            <strong safe>{m.plural(amount, m.system.nouns[nouns[decision]])}</strong>
            {label === '' ? (
              ''
            ) : (
              <code class="after" safe>
                {label}
              </code>
            )}
          </p>
          <p safe>{words.text}</p>
          <p class="choices">
            <button class={`button ${isDestructive ? 'button-danger' : 'button-primary'}`} type="submit" safe>
              {words.submit}
            </button>
            <a class="button button-quiet" href="/admin/system/" safe>
              {m.common.cancel}
            </a>
          </p>
        </form>
      )}
    </AdminLayout>
  );
}
