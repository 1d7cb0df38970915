import type { Messages } from '../../messages/index.ts';
import type { FormInput } from '../forms.ts';
import { type PasswordProblem, passwordProblems } from '../new_passwords.ts';

/** What is wrong with a form, in the visitor's language: field name → sentences. */
export type Problems = Readonly<Record<string, readonly string[]>>;

/** Reads a new password that was typed twice. @returns what is wrong at each of the two fields; empty when nothing is */
export function newPasswordProblems(m: Messages, form: FormInput, username: string): Problems {
  const password = form.get('password') ?? '';
  const problems = sentencesFor(m, password, username);
  if (problems.length > 0) return { password: problems };
  return form.get('password_again') === password ? {} : { password_again: [m.password.different] };
}

/** What keeps a password from being a new one of this user, in the visitor's language. */
export function sentencesFor(m: Messages, password: string, username: string): string[] {
  return passwordProblems(password, username).map(({ reason }) => sentenceFor(m, reason));
}

function sentenceFor({ password: words }: Messages, reason: PasswordProblem['reason']): string {
  if (reason.key === 'too_short' || reason.key === 'too_long') return words[reason.key](reason.limit, reason.sent);
  return words[reason.key];
}
