import type { Database } from '../db/connection.ts';
import { readSchemaState, type SchemaState } from '../db/migrate.ts';
import type { Recorder } from '../impressions/record.ts';

export interface Check {
  readonly name: string;
  /** One word or a short phrase; never an address, a message or a path. */
  readonly state: string;
  readonly isGood: boolean;
}

export interface Readiness {
  check(): Promise<readonly Check[]>;
  /** From now on the process is not ready: a load balancer sends no new requests. */
  startStopping(): void;
}

const CHECK_TIMEOUT_MS = 2000;

/** Whether the process can do its work: its database answers, with the schema it knows, and views get stored. */
export function createReadiness(database: Database, recorder: Recorder): Readiness {
  let isStopping = false;
  let asking: Promise<SchemaState> | undefined;

  /** One question at a time, however many probes come while a database hangs. */
  function askDatabase(): Promise<SchemaState> {
    asking ??= readSchemaState(database).finally(() => {
      asking = undefined;
    });
    return asking;
  }

  async function checkDatabase(): Promise<Check[]> {
    try {
      const { state } = await withTimeout(askDatabase());
      return [
        { name: 'database', state: 'up', isGood: true },
        { name: 'migrations', state, isGood: state === 'current' },
      ];
    } catch {
      // The reason is in the log of whatever needed the database; a probe tells names and states only.
      return [
        { name: 'database', state: 'down', isGood: false },
        { name: 'migrations', state: 'unknown', isGood: false },
      ];
    }
  }

  return {
    async check() {
      const { failing } = recorder.state();
      const counting = {
        name: 'counting',
        state: failing ? 'views wait for the database' : 'current',
        isGood: !failing,
      };
      const serving = { name: 'process', state: isStopping ? 'stopping' : 'serving', isGood: !isStopping };
      return [serving, ...(await checkDatabase()), counting];
    },
    startStopping() {
      isStopping = true;
    },
  };
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
