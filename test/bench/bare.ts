/**
 * The least a handler can do that answers a page with its contents: `Bun.serve`, one prepared statement by hand that lets
 * the database make the JSON, nothing counted. DATABASE_URL says which database.
 */
import { Database } from 'bun:sqlite';
import postgres from 'postgres';

/** As many as the program has for reads. */
const CONNECTIONS = 6;
const HEADERS = { 'Content-Type': 'application/json' };

const ON_SQLITE = `
  select json_object('id', p.id, 'title', p.title, 'url', p.url, 'contents', (
    select json_group_array(json(content)) from (
      select l."order" as place, l.id as link, json_object('id', v.id, 'type', 'video', 'title', v.title,
        'counter', v.counter, 'file_url', v.file_url, 'subtitles_url', v.subtitles_url) as content
      from pages_pagecontent l join pages_videocontent v on v.id = l.object_id
      where l.page_id = ?1 and l.content_type = 'pages.videocontent'
      union all
      select l."order", l.id, json_object('id', a.id, 'type', 'audio', 'title', a.title, 'counter', a.counter,
        'text', a.text)
      from pages_pagecontent l join pages_audiocontent a on a.id = l.object_id
      where l.page_id = ?1 and l.content_type = 'pages.audiocontent'
      order by place, link))) as json
  from pages_page p where p.id = ?1`;

const ON_POSTGRES = `
  select json_build_object('id', p.id, 'title', p.title, 'url', p.url, 'contents', (
    select json_agg(content order by place, link) from (
      select l."order" as place, l.id as link, json_build_object('id', v.id, 'type', 'video', 'title', v.title,
        'counter', v.counter, 'file_url', v.file_url, 'subtitles_url', v.subtitles_url) as content
      from pages_pagecontent l join pages_videocontent v on v.id = l.object_id
      where l.page_id = $1 and l.content_type = 'pages.videocontent'
      union all
      select l."order", l.id, json_build_object('id', a.id, 'type', 'audio', 'title', a.title, 'counter', a.counter,
        'text', a.text)
      from pages_pagecontent l join pages_audiocontent a on a.id = l.object_id
      where l.page_id = $1 and l.content_type = 'pages.audiocontent') contents))::text as json
  from pages_page p where p.id = $1`;

type Find = (id: number) => string | undefined | Promise<string | undefined>;

function findOnSqlite(path: string): Find {
  const find = new Database(path, { readonly: true }).prepare<{ json: string }, [number]>(ON_SQLITE);
  return (id) => find.get(id)?.json;
}

function findOnPostgres(url: string): Find {
  const client = postgres(url, { max: CONNECTIONS, fetch_types: false });
  return async (id) => {
    const [row] = await client.unsafe<{ json: string }[]>(ON_POSTGRES, [id], { prepare: true });
    return row?.json;
  };
}

const url = process.env.DATABASE_URL ?? '';
const find = url.startsWith('sqlite:') ? findOnSqlite(url.slice('sqlite:'.length)) : findOnPostgres(url);
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const json = await find(Number(request.url.split('/').at(-2)));
    return new Response(json ?? '{}', { status: json === undefined ? 404 : 200, headers: HEADERS });
  },
});
console.error(JSON.stringify({ message: 'serving', url: `http://127.0.0.1:${server.port}` }));
