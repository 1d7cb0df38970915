/**
 * `GET /metrics` and who may read it: whoever has METRICS_TOKEN, or without a token this machine itself. A proxy on this
 * machine is a loopback peer too, but says for whom it asks.
 */
import { Elysia } from 'elysia';
import { isIP } from '../../addresses.ts';
import type { RenderMetrics } from '../metrics.ts';
import { sendPlain } from '../respond.ts';

export interface MetricsAccess {
  readonly metricsToken: string | undefined;
  /** The peer's address, where it is known. */
  addressOf(request: Request): string | undefined;
}

const FORWARDED = /^(forwarded|via|x-real-ip|x-forwarded-.*)$/;

export function metrics(render: RenderMetrics, access: MetricsAccess): Elysia {
  const serve = async ({ request }: { request: Request }): Promise<Response> => {
    const { metricsToken } = access;
    if (metricsToken === undefined && !isFromHere(request, access)) {
      return sendPlain(request, 403, 'without METRICS_TOKEN only this machine may read the metrics\n');
    }
    if (metricsToken !== undefined && !(await hasToken(request, metricsToken))) {
      const challenge = { 'WWW-Authenticate': 'Bearer realm="metrics"' };
      return sendPlain(request, 401, 'the metrics ask for a bearer token\n', challenge);
    }
    const { text, contentType } = await render();
    return sendPlain(request, 200, text, { 'Content-Type': contentType });
  };
  const app = new Elysia({ name: 'metrics' });
  app.get('/metrics', serve);
  app.head('/metrics', serve);
  return app;
}

function isFromHere(request: Request, { addressOf }: MetricsAccess): boolean {
  for (const name of request.headers.keys()) if (FORWARDED.test(name)) return false;
  const address = addressOf(request)?.replace(/^::ffff:/, '') ?? '';
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

/** Takes as long for any token: what is compared are digests. */
async function hasToken(request: Request, token: string): Promise<boolean> {
  const { timingSafeEqual } = await import('node:crypto');
  const [, given = ''] = /^Bearer +(\S.*)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Uint8Array {
  return new Bun.CryptoHasher('sha256').update(text).digest();
}
