/** Setting a new password through a link. */
export const reset = {
  title: 'Set a new password',
  lead: (name: string) => `For the user ${name}. All sessions of this user end.`,
  submit: 'Set password',
  done: 'The password was set. Log in with it.',
  gone: {
    title: 'This link does not work',
    text: 'It was used already, has expired, or is not complete. An admin can make a new one.',
  },
};
