// Lists: what is selected is counted, all of it can be selected at once, and a search that was typed shows in the address.
(() => {
  const search = document.querySelector('[data-list-search]');
  const status = document.querySelector('[data-list-status]');

  function boxesOf(form) {
    return [...form.querySelectorAll('input[name="ids"]')];
  }

  function showSelected(form) {
    const boxes = boxesOf(form);
    const chosen = boxes.filter((box) => box.checked).length;
    const text = form.querySelector('[data-selected]');
    text.textContent = chosen === 0 ? '' : `${text.dataset.text} ${chosen}`;
    form.querySelector('.bulk button').disabled = chosen === 0;
    const all = form.querySelector('[data-select-all]');
    all.hidden = false;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }

  function showAllSelected() {
    for (const form of document.querySelectorAll('[data-select]')) showSelected(form);
  }

  document.addEventListener('change', (event) => {
    const form = event.target.closest('[data-select]');
    if (form === null) return;
    if (event.target.matches('[data-select-all]')) {
      for (const box of boxesOf(form)) box.checked = event.target.checked;
    }
    showSelected(form);
  });

  document.addEventListener('htmx:after:swap', (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement !== search || ctx.response.status >= 400) return;
    history.replaceState(history.state, '', ctx.request.action);
    status.textContent = document.querySelector('#list [data-count]').textContent;
    showAllSelected();
  });

  for (const name of ['htmx:error', 'htmx:response:error']) {
    document.addEventListener(name, (event) => {
      if (event.detail.ctx?.sourceElement === search) status.textContent = search.dataset.failed;
    });
  }

  // A browser that comes back to a list may have kept what was selected.
  addEventListener('pageshow', showAllSelected);
  showAllSelected();
})();
