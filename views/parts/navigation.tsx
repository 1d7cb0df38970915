import { Html } from '@kitajs/html';
import type { Chrome, Section } from './chrome.ts';
import { CsrfField } from './field.tsx';

type User = NonNullable<Chrome['user']>;

/** The sections of the admin that this user may see, in the order of daily work. */
function entriesOf({ m, contentTypes }: Chrome, { role }: User): { section: Section; href: string; text: string }[] {
  const { frame } = m;
  return [
    { section: 'dashboard', href: '/admin/', text: frame.dashboard },
    { section: 'pages', href: '/admin/pages/', text: frame.pages },
    ...contentTypes.map(({ type, namePlural }) => ({
      section: `contents/${type}` as const,
      href: `/admin/contents/${type}/`,
      text: `${namePlural.charAt(0).toLocaleUpperCase(m.language)}${namePlural.slice(1)}`,
    })),
    { section: 'history', href: '/admin/history/', text: frame.history },
    ...(role === 'admin'
      ? ([
          { section: 'users', href: '/admin/users/', text: frame.users },
          { section: 'system', href: '/admin/system/', text: frame.system },
        ] as const)
      : []),
  ];
}

/** The bar of sections: a column where there is room, a row that scrolls on a phone. */
export function Navigation(props: { chrome: Chrome; user: User; section: Section | undefined }): JSX.Element {
  const { chrome, user, section } = props;
  return (
    <header class="admin-bar">
      <a class="site-name" href="/admin/" safe>
        {chrome.m.common.product}
      </a>
      <nav aria-label={Html.escapeHtml(chrome.m.frame.navigation)}>
        {entriesOf(chrome, user).map((entry) => (
          <a href={entry.href} aria-current={entry.section === section ? 'page' : undefined} safe>
            {entry.text}
          </a>
        ))}
      </nav>
    </header>
  );
}

/** Who is logged in, the language, and the way out. It stands last in the document, and in a corner of the screen. */
export function AccountMenu({ chrome, user }: { chrome: Chrome; user: User }): JSX.Element {
  const { m, languages, path } = chrome;
  return (
    <details class="account">
      <summary>
        <span safe>{user.username}</span>
      </summary>
      <div class="account-menu">
        <p safe>{`${m.frame.loggedInAs(user.username)} (${m.frame.roles[user.role]})`}</p>
        <form method="post" action="/admin/language/">
          <CsrfField token={chrome.csrf} />
          <input type="hidden" name="next" value={Html.escapeHtml(path)} />
          <fieldset class="choices">
            <legend safe>{m.frame.language}</legend>
            {[...Object.entries(languages), ['', m.frame.languageOfBrowser] as const].map(([code, name]) => (
              <button
                type="submit"
                name="language"
                value={code}
                aria-pressed={code === user.language ? 'true' : 'false'}
                safe
              >
                {name}
              </button>
            ))}
          </fieldset>
        </form>
        <a href="/admin/password/" safe>
          {m.frame.password}
        </a>
        <a href="/api/docs/" safe>
          {m.frame.api}
        </a>
        <form method="post" action="/admin/logout/">
          <CsrfField token={chrome.csrf} />
          <button type="submit" safe>
            {m.frame.logout}
          </button>
        </form>
      </div>
    </details>
  );
}
