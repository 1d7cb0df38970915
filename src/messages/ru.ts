import { chooser } from './ru/chooser.ts';
import { common, fields, frame, refusals } from './ru/common.ts';
import { conflict } from './ru/conflict.ts';
import { contents } from './ru/contents.ts';
import { dashboard } from './ru/dashboard.ts';
import { errors } from './ru/errors.ts';
import { history } from './ru/history.ts';
import { lists } from './ru/lists.ts';
import { login } from './ru/login.ts';
import { drafts, pages } from './ru/pages.ts';
import { password } from './ru/password.ts';
import { reset } from './ru/reset.ts';
import { system } from './ru/system.ts';
import { users } from './ru/users.ts';

/** Every sentence of the admin in Russian. */
export const ru = {
  common,
  frame,
  refusals,
  fields,
  errors,
  login,
  dashboard,
  system,
  chooser,
  conflict,
  contents,
  lists,
  pages,
  drafts,
  password,
  reset,
  users,
  history,
};
