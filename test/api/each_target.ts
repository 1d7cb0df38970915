import { afterAll, beforeAll, describe } from 'bun:test';
import { join } from 'node:path';
import { startTestHub, TARGETS, type Target, type TestHub } from '../help/hub.ts';
import { type RawAnswer, rawRequest, sendRaw } from '../help/raw_http.ts';

/** 26 pages of a real Django hub; pages 1 to 4 hold videos, audios, both, and nothing. */
export const DUMP = join(import.meta.dirname, '..', 'help', 'dumps', 'django_dump_natural.json');

/** The host the recorded answers were asked under. */
export const RECORDED_HOST = 'localhost:8000';

/** A hub under test; its parts are there once the tests run. */
export interface HubUnderTest {
  readonly target: Target;
  readonly hub: TestHub;
  /** A request byte for byte, under the host of the recorded answers unless another is given. */
  raw(method: string, target: string, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
}

/** Describes the same behaviour for every target, with one hub for all the tests in it. */
export function onEveryTarget(
  suite: (under: HubUnderTest) => void,
  options: { readonly fixtures?: readonly string[]; readonly settings?: Readonly<Record<string, string>> } = {},
): void {
  for (const target of TARGETS) {
    describe(target, () => {
      let hub: TestHub | undefined;
      beforeAll(async () => {
        hub = await startTestHub(target, { fixtures: [DUMP], ...options });
      });
      afterAll(() => hub?.stop());
      suite({
        target,
        get hub() {
          if (hub === undefined) throw new Error('the hub did not start');
          return hub;
        },
        raw(method, path, headers) {
          return sendRaw(this.hub.url, rawRequest(method, path, { Host: RECORDED_HOST, ...headers }));
        },
      });
    });
  }
}
