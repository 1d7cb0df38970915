import { Elysia } from 'elysia';
import type { Check, Readiness } from '../readiness.ts';
import { sendPlain } from '../respond.ts';

const MARKS: Readonly<Record<Check['grade'], string>> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' };

/** `/livez`: the process answers. `/readyz`: it can do its work; one line a check, names and states only. */
export function probes(readiness: Readiness): Elysia {
  const ready = async ({ request }: { request: Request }) => {
    const checks = await readiness.check();
    const text = checks.map(({ name, state, grade }) => `${MARKS[grade]} ${name}: ${state}\n`).join('');
    return sendPlain(request, checks.some(({ grade }) => grade === 'fail') ? 503 : 200, text);
  };
  const live = ({ request }: { request: Request }) => sendPlain(request, 200, 'ok\n');
  const app = new Elysia({ name: 'probes' });
  app.get('/livez', live);
  app.head('/livez', live);
  app.get('/readyz', ready);
  app.head('/readyz', ready);
  return app;
}
