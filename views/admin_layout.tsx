import type { Children } from '@kitajs/html';
import { Html } from '@kitajs/html';
import type { Chrome, Section } from './parts/chrome.ts';
import { AccountMenu, Navigation } from './parts/navigation.tsx';

type AdminLayoutProps = {
  chrome: Chrome;
  title: string;
  section?: Section | undefined;
  /** The way here, from the section on; the last is this page. */
  trail?: readonly { readonly href: string; readonly text: string }[];
  /** Scripts of one screen, after those of all. */
  scripts?: readonly string[];
  /** Buttons beside the heading. Safe HTML. */
  actions?: Children;
  children?: Children;
};

/** The document around every screen of the admin. Children must be safe HTML. */
export function AdminLayout(props: AdminLayoutProps): JSX.Element {
  const { chrome, title } = props;
  const { m, assets, user } = chrome;
  return (
    <>
      {'<!doctype html>'}
      <html lang={m.language}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="robots" content="noindex" />
          <meta
            name="htmx-config"
            content={'{"includeIndicatorCSS": false, "history": false, "defaultTimeout": 20000}'}
          />
          <title safe>{`${title} · ${m.common.product}`}</title>
          <link rel="icon" type="image/svg+xml" href={assets.icon} />
          <link rel="stylesheet" href={assets.style} />
          {[assets.htmx, ...assets.scripts, ...(props.scripts ?? [])].map((src) => (
            <script src={src} defer></script>
          ))}
        </head>
        <body class="admin" data-csrf={chrome.csrf} data-user={Html.escapeHtml(user?.username ?? '')}>
          <a class="skip-link" href="#main" safe>
            {m.common.skip}
          </a>
          {user === undefined ? '' : <Navigation chrome={chrome} user={user} section={props.section} />}
          <main id="main" tabindex="-1">
            <Flash chrome={chrome} />
            <header class="screen-header">
              <div>
                <Trail chrome={chrome} trail={props.trail ?? []} />
                <h1 safe>{title}</h1>
              </div>
              <div class="screen-actions">{props.actions}</div>
            </header>
            {props.children}
          </main>
          {user === undefined ? '' : <AccountMenu chrome={chrome} user={user} />}
          {user === undefined ? '' : <DraftTemplate chrome={chrome} />}
        </body>
      </html>
    </>
  );
}

/** What was just done; announced, because it comes with a new page. */
function Flash({ chrome }: { chrome: Chrome }): JSX.Element {
  const { flash } = chrome;
  return (
    <div id="flash" role="status" aria-live="polite">
      {flash === undefined ? (
        ''
      ) : (
        <p class={`flash flash-${flash.kind}`} safe>
          {flash.text}
        </p>
      )}
    </div>
  );
}

function Trail({ chrome, trail }: { chrome: Chrome; trail: NonNullable<AdminLayoutProps['trail']> }): JSX.Element {
  if (trail.length === 0) return '';
  return (
    <nav class="trail" aria-label={Html.escapeHtml(chrome.m.frame.breadcrumbs)}>
      <ol>
        {trail.map(({ href, text }) => (
          <li>
            <a href={Html.escapeHtml(href)} safe>
              {text}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** What `drafts.js` puts above a form whose changes were not saved; `{time}` is when. */
function DraftTemplate({ chrome }: { chrome: Chrome }): JSX.Element {
  const { drafts } = chrome.m;
  return (
    <template data-draft-template>
      <div class="notice draft" role="status">
        <p data-offer={Html.escapeHtml(drafts.offer('{time}'))} data-restored={Html.escapeHtml(drafts.restored)}></p>
        <button type="button" class="button" data-restore safe>
          {drafts.restore}
        </button>
        <button type="button" class="button button-quiet" data-discard safe>
          {drafts.discard}
        </button>
      </div>
    </template>
  );
}
