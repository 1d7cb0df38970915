/**
 * `GET /metrics` and who may read it: whoever has METRICS_TOKEN, or without a token this machine itself. A proxy on this
 * machine is a loopback peer too, but says for whom it asks.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList } from 'node:net';
import { Elysia } from 'elysia';
import { METRICS_CONTENT_TYPE } from '../../metrics.ts';
import type { RenderMetrics } from '../metrics.ts';
import { sendPlain } from '../respond.ts';

export interface MetricsAccess {
  readonly metricsToken: string | undefined;
  /** The peer's address, where it is known. */
  addressOf(request: Request): string | undefined;
}

const FORWARDED = /^(forwarded|via|x-real-ip|x-forwarded-.*)$/;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

export function metrics(render: RenderMetrics, access: MetricsAccess): Elysia {
  const serve = async ({ request }: { request: Request }): Promise<Response> => {
    const { metricsToken } = access;
    if (metricsToken === undefined && !isFromHere(request, access)) {
      return sendPlain(request, 403, 'without METRICS_TOKEN only this machine may read the metrics\n');
    }
    if (metricsToken !== undefined && !hasToken(request, metricsToken)) {
      const challenge = { 'WWW-Authenticate': 'Bearer realm="metrics"' };
      return sendPlain(request, 401, 'the metrics ask for a bearer token\n', challenge);
    }
    return sendPlain(request, 200, await render(), { 'Content-Type': METRICS_CONTENT_TYPE });
  };
  const app = new Elysia({ name: 'metrics' });
  app.get('/metrics', serve);
  app.head('/metrics', serve);
  return app;
}

function isFromHere(request: Request, { addressOf }: MetricsAccess): boolean {
  for (const name of request.headers.keys()) if (FORWARDED.test(name)) return false;
  const address = addressOf(request)?.replace(/^::ffff:/, '');
  if (address === undefined) return false;
  return loopback.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}

/** Takes as long for any token: what is compared are digests. */
function hasToken(request: Request, token: string): boolean {
  const [, given = ''] = /^Bearer +(\S.*)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
