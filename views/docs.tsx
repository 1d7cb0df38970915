import { Html } from '@kitajs/html';
import { Layout } from './layout.tsx';

type SwaggerUiProps = {
  /** Address of the OpenAPI document as JSON. */
  schemaUrl: string;
  assets: { style: string; swaggerStyle: string; swaggerBundle: string; start: string; icon: string };
};

type RedocProps = {
  /** Address of the OpenAPI document as JSON. */
  schemaUrl: string;
  assets: { style: string; redocBundle: string; start: string; icon: string };
};

/** The interactive API documentation. `views/assets/swagger.js` fills the element from its `data-` attribute. */
export function SwaggerUiPage({ schemaUrl, assets }: SwaggerUiProps): JSX.Element {
  return (
    <Layout
      title="API documentation · ContentHub"
      description="Read the ContentHub API and try each request from the browser."
      section="swagger"
      styles={[assets.swaggerStyle, assets.style]}
      scripts={[assets.swaggerBundle, assets.start]}
      icon={assets.icon}
    >
      <WithoutScript schemaUrl={schemaUrl} />
      <div id="swagger-ui" data-schema-url={Html.escapeHtml(schemaUrl)}></div>
    </Layout>
  );
}

/** The API reference. `views/assets/redoc.js` fills the element from its `data-` attribute. */
export function RedocPage({ schemaUrl, assets }: RedocProps): JSX.Element {
  return (
    <Layout
      title="API reference · ContentHub"
      description="The ContentHub API as a reference to read from top to bottom."
      section="redoc"
      styles={[assets.style]}
      scripts={[assets.redocBundle, assets.start]}
      icon={assets.icon}
    >
      <WithoutScript schemaUrl={schemaUrl} />
      <div id="redoc" data-schema-url={Html.escapeHtml(schemaUrl)}></div>
    </Layout>
  );
}

function WithoutScript({ schemaUrl }: { schemaUrl: string }): JSX.Element {
  return (
    <noscript>
      <p class="notice">
        This page needs JavaScript. The same information is in the{' '}
        <a href={Html.escapeHtml(schemaUrl)}>OpenAPI document</a>.
      </p>
    </noscript>
  );
}
