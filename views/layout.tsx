import type { Children } from '@kitajs/html';
import { Html } from '@kitajs/html';

/** A place in the navigation of the public pages. */
type Section = 'home' | 'swagger' | 'redoc';

type LayoutProps = {
  title: string;
  /** One sentence for search engines and link previews. */
  description: string;
  /** Where in the navigation this page stands, if it does. */
  section?: Section;
  /** Addresses of stylesheets, in cascade order. */
  styles: readonly string[];
  /** Addresses of scripts, run in this order once the page is parsed. */
  scripts?: readonly string[];
  /** Address of the icon in the browser's tab. */
  icon: string;
  children?: Children;
};

const NAVIGATION = [
  { section: 'swagger', href: '/api/docs/', text: 'Swagger UI' },
  { section: 'redoc', href: '/api/redoc/', text: 'ReDoc' },
] as const satisfies readonly { section: Section; href: string; text: string }[];

/** The whole document around a public page: head, site header, and `children` inside `main`. Children must be safe HTML. */
export function Layout(props: LayoutProps): JSX.Element {
  return (
    <>
      {'<!doctype html>'}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="description" content={Html.escapeHtml(props.description)} />
          <title safe>{props.title}</title>
          <link rel="icon" type="image/svg+xml" href={props.icon} />
          {props.styles.map((href) => (
            <link rel="stylesheet" href={href} />
          ))}
          {props.scripts?.map((src) => (
            <script src={src} defer></script>
          ))}
        </head>
        <body>
          <a class="skip-link" href="#main">
            Skip to content
          </a>
          <header class="site-header">
            <a class="site-name" href="/" aria-current={props.section === 'home' ? 'page' : undefined}>
              ContentHub
            </a>
            <nav aria-label="API documentation">
              {NAVIGATION.map(({ section, href, text }) => (
                <a href={href} aria-current={props.section === section ? 'page' : undefined}>
                  {text}
                </a>
              ))}
            </nav>
          </header>
          <main id="main" tabindex="-1">
            {props.children}
          </main>
        </body>
      </html>
    </>
  );
}
