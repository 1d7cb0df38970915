import { expect, test } from 'bun:test';
import { onEveryTarget } from './each_target.ts';
import rows from './recorded/negotiation.json' with { type: 'json' };

const DETAILS: Readonly<Record<number, readonly string[]>> = {
  404: ['Not found.', 'Invalid page.', 'No Page matches the given query.'],
  406: ['Could not satisfy the request Accept header.'],
};

onEveryTarget((under) => {
  test.each(rows)('%s with Accept %j is %i, indented by %i', async (path, accept, status, indent) => {
    const answer = await under.raw('GET', String(path), accept === null ? {} : { Accept: String(accept) });
    expect(answer.status).toBe(Number(status));
    expect(answer.headers.get('content-type')).toBe('application/json');
    const value = JSON.parse(answer.body);
    expect(answer.body).toBe(JSON.stringify(value, null, Number(indent)).replaceAll('\u2028', '\\u2028'));
    if (answer.status !== 200) expect(DETAILS[answer.status]).toContain(value.detail);
  });

  test.each([
    ['POST', '/api/v1/pages/?format=xml', 'text/html', 404],
    ['POST', '/api/v1/pages/', 'text/html', 406],
    ['POST', '/api/v1/pages/999/', '*/*', 405],
    ['POST', '/api/v1/pages/abc/', '*/*', 405],
    ['GET', '/api/v1/pages/abc/', 'text/html', 406],
  ])('%s %s with Accept %s is %i: the format comes first, then Accept, the method, the page', async (...row) => {
    const [method, path, accept, status] = row;
    expect((await under.raw(method, path, { Accept: accept })).status).toBe(status);
  });
});
