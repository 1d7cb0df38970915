import { type Environment, type Setting, settings } from './config.ts';
import { nearest } from './nearest.ts';

/** Names of the Django version, and what they are called here. */
const FORMER_NAMES: Readonly<Record<string, string>> = {
  DJANGO_SECRET_KEY: 'SECRET_KEY',
  DJANGO_DEBUG: 'DEBUG',
  DJANGO_ALLOWED_HOSTS: 'ALLOWED_HOSTS',
  CELERY_BROKER_URL: 'REDIS_URL',
  CELERY_RESULT_BACKEND: 'REDIS_URL',
  BROKER_URL: 'REDIS_URL',
  REDIS_HOST: 'REDIS_URL',
  REDIS_PORT: 'REDIS_URL',
  CORS_ORIGIN_WHITELIST: 'CORS_ALLOWED_ORIGINS',
  DB_HOST: 'POSTGRES_HOST',
  DB_NAME: 'POSTGRES_DB',
  DB_USER: 'POSTGRES_USER',
  DB_PASSWORD: 'POSTGRES_PASSWORD',
  DB_PORT: 'POSTGRES_PORT',
  SQL_HOST: 'POSTGRES_HOST',
  SQL_DATABASE: 'POSTGRES_DB',
  SQL_USER: 'POSTGRES_USER',
  SQL_PASSWORD: 'POSTGRES_PASSWORD',
  SQL_PORT: 'POSTGRES_PORT',
};

/** Names in the environment that look like ours and are not: one sentence each, with the name to use. */
export function findMisnamed(environment: Environment): string[] {
  const known = new Set<string>();
  const long: string[] = [];
  for (const { name, secret } of Object.values<Setting<unknown>>(settings)) {
    known.add(name);
    if (name.includes('_')) long.push(name);
    if (!secret) continue;
    known.add(`${name}_FILE`);
    long.push(`${name}_FILE`);
  }
  const sentences: string[] = [];
  for (const name of Object.keys(environment)) {
    if (known.has(name)) continue;
    const former = FORMER_NAMES[name];
    const near = former === undefined && name.includes('_') ? nearest(name, long) : undefined;
    if (former !== undefined) sentences.push(`${name} is the Django version’s name and not read here: use ${former}`);
    if (near !== undefined) sentences.push(`${name} is not a setting: did you mean ${near}?`);
  }
  return sentences;
}
