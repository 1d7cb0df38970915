// What every screen of the admin does with JavaScript; each part also works without it.

// The token of this page, for requests that htmx makes. Listeners stand here, because the policy allows no inline code.
document.addEventListener('htmx:config:request', (event) => {
  const { request } = event.detail.ctx;
  if (request.method !== 'GET') request.headers['X-CSRF-Token'] = document.body.dataset.csrf;
});

// A form is sent once, however often it is pressed, unless no answer comes. `drafts.js` sees to the forms it keeps.
const SENT_MS_MAX = 10_000;
const sentForms = new Set();
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post' || 'draft' in form.dataset) return;
  if (sentForms.has(form)) return event.preventDefault();
  sentForms.add(form);
  setTimeout(() => sentForms.delete(form), SENT_MS_MAX);
});
window.addEventListener('pageshow', () => sentForms.clear());

// A menu closes when somebody clicks elsewhere or presses Escape.
for (const menu of document.querySelectorAll('details.account')) {
  document.addEventListener('click', (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    menu.open = false;
    menu.querySelector('summary').focus();
  });
}

// The first wrong field has the focus when a form comes back.
document.querySelector('[aria-invalid="true"]')?.focus();
