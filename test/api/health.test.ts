import { expect, test } from 'bun:test';
import { onEveryTarget } from './each_target.ts';

onEveryTarget((under) => {
  test('/health/ says ok', async () => {
    const answer = await under.raw('GET', '/health/');
    expect([answer.status, answer.body]).toEqual([200, '{"status":"ok"}']);
  });

  test('/livez says that the process answers', async () => {
    const answer = await under.raw('GET', '/livez');
    expect([answer.status, answer.body]).toEqual([200, 'ok\n']);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  test('/readyz has a line for each check', async () => {
    const answer = await under.raw('GET', '/readyz');
    expect(answer.status).toBe(200);
    expect(answer.body.trimEnd().split('\n')).toEqual([
      'ok   process: serving',
      'ok   database: up',
      'ok   migrations: current',
      'ok   orphans: none',
      'ok   counting: current',
    ]);
  });

  test.each(['/health/', '/livez', '/readyz'])(
    '%s is answered whatever the Host, and HEAD has no body',
    async (path) => {
      const get = await under.raw('GET', path, { Host: '10.0.0.1:8000' });
      const head = await under.raw('HEAD', path, { Host: '10.0.0.1:8000' });
      expect([get.status, head.status, head.body]).toEqual([200, 200, '']);
      expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(get.body)));
    },
  );
});
