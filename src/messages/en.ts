import { common, fields, frame, refusals } from './en/common.ts';
import { dashboard } from './en/dashboard.ts';
import { errors } from './en/errors.ts';
import { login } from './en/login.ts';
import { system } from './en/system.ts';

/** Every sentence of the admin in English; other languages have the same shape. */
export const en = { common, frame, refusals, fields, errors, login, dashboard, system };
