import { findLanguage } from '../../messages/index.ts';
import { setLanguage } from '../../store/users.ts';
import { safeNext } from './login.ts';
import type { AdminContext, AdminRequest, Reply, Screen } from './screen.ts';

/** `POST /admin/language/`: the language the admin speaks to this user; '' for what the browser asks for. */
export const languageScreen: Screen = (admin) => [
  {
    method: 'POST',
    path: '/admin/language/',
    access: 'viewer',
    afterLogin: '/admin/',
    handle: (visit) => chooseLanguage(admin, visit),
  },
];

async function chooseLanguage({ database }: AdminContext, { form, user }: AdminRequest): Promise<Reply> {
  const language = findLanguage(form.get('language') ?? '') ?? '';
  if (user !== undefined) await database.tx((tx) => setLanguage(tx, user.id, language));
  return { redirect: safeNext(form.get('next')) };
}
