import { Elysia } from 'elysia';
import { HomePage } from '../../views/home.tsx';
import { contentTypes } from '../contents/index.ts';
import type { Connection } from '../db/connection.ts';
import { countRows } from '../store/contents.ts';
import { VERSION } from '../version.ts';
import { htmlResponse } from './html.ts';
import { assetUrl } from './static.ts';

/** `GET /`: what this hub is and where its doors are. */
export function home(database: Connection): Elysia {
  const app = new Elysia({ name: 'home' });
  const serve = async ({ request }: { request: Request }): Promise<Response> => {
    const page = await HomePage({
      version: VERSION,
      pageCount: await countRows(database, 'pages_page'),
      contentTypes: await Promise.all(
        contentTypes.map(async (type) => {
          const count = await countRows(database, type.table);
          return { name: count === 1 ? type.name : type.namePlural, count };
        }),
      ),
      assets: { style: assetUrl('app.css'), icon: assetUrl('icon.svg') },
    });
    return htmlResponse(request, page);
  };
  app.get('/', serve);
  app.head('/', serve);
  return app;
}
