/** Another host with films and subtitles, for previews: on a port of its own, so that it is another origin. */
import { join } from 'node:path';

const FILM = join(import.meta.dirname, 'media', 'film.webm');
const SUBTITLES = 'WEBVTT\n\n00:00.000 --> 00:00.900\nA square changes its colour.\n';

export interface MediaHost {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** `/open/…` may be read by other sites, `/closed/…` is only shown: `film.webm`, `broken.webm`, `subtitles.vtt`; the rest is 404. */
export function startMediaHost(): MediaHost {
  const asked: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      const [, folder, name] = pathname.split('/');
      const headers: Record<string, string> = folder === 'open' ? { 'Access-Control-Allow-Origin': '*' } : {};
      if (name === 'film.webm')
        return new Response(Bun.file(FILM), { headers: { ...headers, 'Content-Type': 'video/webm' } });
      if (name === 'broken.webm')
        return new Response('no film', { headers: { ...headers, 'Content-Type': 'video/webm' } });
      if (name === 'subtitles.vtt')
        return new Response(SUBTITLES, { headers: { ...headers, 'Content-Type': 'text/vtt' } });
      return new Response('not found', { status: 404, headers });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, asked, stop: () => server.stop(true) };
}
