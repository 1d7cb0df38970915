import { Html } from '@kitajs/html';
import { Layout } from './layout.tsx';

type HomeProps = {
  /** Shown in the footer, without a leading `v`. */
  version: string;
  pageCount: number;
  /** Content types in registry order, with how many contents of each exist. */
  contentTypes: readonly { name: string; count: number }[];
  assets: { style: string; icon: string };
};

const DOORS = [
  { href: '/admin/', title: 'Admin', text: 'For editors: pages, contents, and who changed what.' },
  { href: '/api/v1/pages/', title: 'Pages', text: 'Every page, and its contents in order, as JSON.' },
  { href: '/api/docs/', title: 'Swagger UI', text: 'Read the API and try each request from the browser.' },
  { href: '/api/redoc/', title: 'ReDoc', text: 'The same API as a reference to read from top to bottom.' },
  { href: '/api/schema/', title: 'OpenAPI schema', text: 'For client generators and other tools.' },
  { href: '/health/', title: 'Health', text: 'Whether this hub is answering, for monitors.' },
] as const;

const numbers = new Intl.NumberFormat('en');

/** The landing page at `/`: what this hub is, how much it holds, and where to go from here. */
export function HomePage(props: HomeProps): JSX.Element {
  return (
    <Layout
      title="ContentHub"
      description="A content hub: pages of typed contents behind a REST API that counts every view exactly once."
      section="home"
      styles={[props.assets.style]}
      icon={props.assets.icon}
    >
      <div class="sheet">
        <h1>Pages of content, served and counted</h1>
        <p class="lead">
          This hub keeps pages made of typed contents, serves them over a REST API, and counts every view exactly once.
        </p>
        <dl class="figures">
          <Figure name={props.pageCount === 1 ? 'page' : 'pages'} count={props.pageCount} />
          {props.contentTypes.map(({ name, count }) => (
            <Figure name={name} count={count} />
          ))}
        </dl>
        <h2>Start here</h2>
        <ul class="doors">
          {DOORS.map((door) => (
            <li>
              <a href={door.href}>
                <strong>{door.title}</strong>
                <span>{door.text}</span>
                <code>{door.href}</code>
              </a>
            </li>
          ))}
        </ul>
        <footer class="site-footer">
          ContentHub <span safe>{props.version}</span>
        </footer>
      </div>
    </Layout>
  );
}

function Figure(props: { name: string; count: number }): JSX.Element {
  return (
    <div>
      <dt safe>{props.name}</dt>
      <dd safe>{numbers.format(props.count)}</dd>
    </div>
  );
}
