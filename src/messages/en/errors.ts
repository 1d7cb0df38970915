/** Pages that say what went wrong. */
export const errors = {
  notFound: { title: 'Not found', text: 'There is nothing at this address, or it is gone.' },
  forbidden: { title: 'Not allowed', text: 'Your role does not allow this. An admin can change it.' },
  method: { title: 'Not possible', text: 'This address cannot be used in this way.' },
  csrf: {
    title: 'This form could not be accepted',
    text: 'It was not recognised as one of ours: it may have been open for very long, or cookies are blocked. Nothing was changed. Go back, copy what you typed if you need it, load the page again and send it once more.',
  },
  invalid: { title: 'This form could not be read', text: 'Nothing was changed.' },
  tooLarge: {
    title: 'This form is too large',
    text: 'It is larger than 1 MB. Nothing was changed. Go back and send less at a time.',
  },
  tooManyFields: {
    title: 'This form is too large',
    text: 'It has more than 10,000 fields. Nothing was changed. Go back and send less at a time.',
  },
  unavailable: {
    title: 'Not available at the moment',
    text: 'The database does not answer. Nothing was changed; what you typed is still in the form when you go back. Try again in a moment.',
  },
  internal: {
    title: 'Something went wrong',
    text: 'Nothing was changed. If it happens again, tell an admin this number:',
  },
  conflict: { title: 'Not possible now', text: 'Something else was changed meanwhile. Load the page again.' },
  home: 'To the dashboard',
};
