/** Logging in. */
export const login = {
  title: 'Log in',
  username: 'User name',
  password: 'Password',
  submit: 'Log in',
  wrong: 'User name or password is wrong.',
  throttled: (seconds: number) =>
    `Too many failed attempts. Try again in ${seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`}.`,
  insecure:
    'Logging in needs https: over plain http a password could be read on its way. If a proxy speaks https for this hub, name it in TRUSTED_PROXIES.',
  plain: 'The connection is not encrypted: a password can be read on its way.',
  ended: 'Your session has ended. Log in to go on: what you typed is kept and will be saved.',
  notYours: 'What was sent before this login was somebody else’s, and has not been done.',
};
