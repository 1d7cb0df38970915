import { Elysia } from 'elysia';
import type { Check, Readiness } from '../readiness.ts';
import { SECURITY_HEADERS } from '../respond.ts';
import type { Resource } from './resource.ts';

/** `GET /health/`: 200 whenever the process serves. */
export const healthResource: Resource = {
  path: '/health/',
  name: 'Health',
  description: 'Whether this process serves.',
  get: () => ({ value: { status: 'ok' } }),
};

const HEADERS = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...SECURITY_HEADERS };

const MARKS: Readonly<Record<Check['grade'], string>> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' };

function plain(request: Request, status: number, text: string): Response {
  const headers = { ...HEADERS, 'Content-Length': String(Buffer.byteLength(text)) };
  return new Response(request.method === 'HEAD' ? null : text, { status, headers });
}

/** `/livez`: the process answers. `/readyz`: it can do its work; one line a check, names and states only. */
export function probes(readiness: Readiness): Elysia {
  const ready = async ({ request }: { request: Request }) => {
    const checks = await readiness.check();
    const text = checks.map(({ name, state, grade }) => `${MARKS[grade]} ${name}: ${state}\n`).join('');
    return plain(request, checks.some(({ grade }) => grade === 'fail') ? 503 : 200, text);
  };
  const live = ({ request }: { request: Request }) => plain(request, 200, 'ok\n');
  const app = new Elysia({ name: 'probes' });
  app.get('/livez', live);
  app.head('/livez', live);
  app.get('/readyz', ready);
  app.head('/readyz', ready);
  return app;
}
