import { common, fields, frame, refusals } from './ru/common.ts';
import { dashboard } from './ru/dashboard.ts';
import { errors } from './ru/errors.ts';
import { login } from './ru/login.ts';
import { system } from './ru/system.ts';

/** Every sentence of the admin in Russian. */
export const ru = { common, frame, refusals, fields, errors, login, dashboard, system };
