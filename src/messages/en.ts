import { chooser } from './en/chooser.ts';
import { common, fields, frame, refusals } from './en/common.ts';
import { conflict } from './en/conflict.ts';
import { contents } from './en/contents.ts';
import { dashboard } from './en/dashboard.ts';
import { errors } from './en/errors.ts';
import { history } from './en/history.ts';
import { lists } from './en/lists.ts';
import { login } from './en/login.ts';
import { drafts, pages } from './en/pages.ts';
import { password } from './en/password.ts';
import { reset } from './en/reset.ts';
import { system } from './en/system.ts';
import { users } from './en/users.ts';

/** Every sentence of the admin in English; other languages have the same shape. */
export const en = {
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
