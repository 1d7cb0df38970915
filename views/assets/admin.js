// What every screen of the admin does with JavaScript; each part also works without it.

// The token of this page, for requests that htmx makes. Listeners stand here, because the policy allows no inline code.
document.addEventListener('htmx:config:request', (event) => {
  const { request } = event.detail.ctx;
  if (request.method !== 'GET') request.headers['X-CSRF-Token'] = document.body.dataset.csrf;
});

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
