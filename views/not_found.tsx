import { Html } from '@kitajs/html';
import { Layout } from './layout.tsx';

type NotFoundProps = {
  assets: { style: string; icon: string };
};

/** What a browser sees at an address of the public site that leads nowhere. The API answers JSON instead. */
export function NotFoundPage({ assets }: NotFoundProps): JSX.Element {
  return (
    <Layout
      title="Not found · ContentHub"
      description="There is nothing at this address."
      styles={[assets.style]}
      icon={assets.icon}
    >
      <div class="sheet">
        <h1>Nothing at this address</h1>
        <p class="lead">It may be mistyped, or what it led to is gone.</p>
        <p class="ways">
          <a href="/">Start page</a>
          <a href="/api/docs/">API documentation</a>
        </p>
      </div>
    </Layout>
  );
}
