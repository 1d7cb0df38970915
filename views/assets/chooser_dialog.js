// The dialog in which a new content is made while choosing: the form comes from the server (htmx), and nothing that was
// typed in it is lost to an answer that is none.

document.addEventListener('chooser:create', async ({ detail }) => detail.end(await openNewContent(detail.address)));

// Opens the dialog on the form at an address. Resolves when it is closed: `{ created }` with what is to be chosen, `{}`
// when it was left, `{ problem }` when the form did not come.
async function openNewContent(address) {
  const dialog = document.createElement('dialog');
  dialog.className = 'chooser-dialog';
  dialog.setAttribute('aria-labelledby', 'chooser-dialog-title');
  document.body.append(dialog);
  const problem = await loadNewContent(dialog, address);
  if (problem) {
    dialog.remove();
    return { problem };
  }
  // The field that the form says is the first has the focus, here and when it comes back (autofocus).
  dialog.showModal();
  const created = await untilClosed(dialog, address);
  dialog.remove();
  return { created };
}

// What keeps an answer from being used; undefined for one that can be.
function problemOf(status) {
  if (status === 200 || status === 422) return undefined;
  return { 401: 'ended', 403: 'denied' }[status] ?? 'failed';
}

async function loadNewContent(dialog, address) {
  let problem = 'failed';
  dialog.addEventListener(
    'htmx:before:response',
    (event) => {
      problem = problemOf(event.detail.ctx.response.status);
      if (problem) event.preventDefault();
    },
    { once: true },
  );
  await htmx.ajax('GET', address, { source: dialog, target: dialog, swap: 'innerHTML' });
  return problem;
}

// What was made in the open dialog, or undefined.
function untilClosed(dialog, address) {
  const { promise, resolve } = Promise.withResolvers();
  let isTyped = false;
  let mustRenew = false;
  let created;

  function show(problem) {
    for (const notice of dialog.querySelectorAll('[data-problem]')) notice.hidden = notice.dataset.problem !== problem;
  }
  function leave() {
    const { discard } = dialog.querySelector('form').dataset;
    if (!isTyped || window.confirm(discard)) dialog.close();
  }

  dialog.addEventListener('input', () => {
    isTyped = true;
  });
  dialog.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    leave();
  });
  // A phone's way back.
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    leave();
  });
  dialog.addEventListener('click', (event) => {
    if (event.target.closest('[data-close]')) leave();
  });
  const ask = (event) => {
    if (isTyped && !created) event.preventDefault();
  };
  window.addEventListener('beforeunload', ask);
  dialog.addEventListener('close', () => {
    window.removeEventListener('beforeunload', ask);
    resolve(created);
  });

  dialog.addEventListener(
    'submit',
    async (event) => {
      if (!mustRenew) return show(undefined);
      // Whoever has logged in elsewhere meanwhile has another token.
      event.preventDefault();
      event.stopImmediatePropagation();
      const problem = await renewToken(address);
      mustRenew = problem !== undefined;
      show(problem);
      if (!mustRenew) event.target.requestSubmit();
    },
    true,
  );
  dialog.addEventListener('htmx:before:response', (event) => {
    const problem = problemOf(event.detail.ctx.response.status);
    if (problem) event.preventDefault();
    show(problem);
    mustRenew = problem === 'ended' || problem === 'denied';
  });
  dialog.addEventListener('htmx:error', () => show('failed'));
  dialog.addEventListener('htmx:after:swap', () => {
    created = dialog.querySelector('[data-value]')?.dataset;
    if (created) dialog.close();
  });
  return promise;
}

// Takes the token of the session there is now into every form of the page. Returns what is wrong, if anything is.
async function renewToken(address) {
  const response = await fetch(address, { headers: { 'HX-Request': 'true' } }).catch(() => undefined);
  if (!response?.ok) return problemOf(response?.status);
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const token = page.querySelector('[name="csrf_token"]')?.value;
  if (token === undefined) return 'failed';
  document.body.dataset.csrf = token;
  for (const field of document.querySelectorAll('[name="csrf_token"]')) field.value = token;
  return undefined;
}
