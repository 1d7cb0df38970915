import { createBody, renderJson } from '../respond.ts';
import { inJson, type Resource } from './resource.ts';

const OK = createBody(renderJson({ status: 'ok' }));

/** `GET /health/`: 200 whenever the process serves. */
export const healthResource: Resource = {
  path: '/health/',
  about: inJson('Health', 'Whether this process serves.'),
  get: () => ({ body: OK }),
};
