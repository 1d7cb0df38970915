// The chooser: a combobox over all content models, with list autocomplete as the ARIA Authoring Practices describe it
// (the focus stays in the input, which names the active option). The server answers a term with the options as HTML.
// An answer is shown only when nothing was asked after it. Keys that come before an answer are done when it is there.

const SEARCH_DELAY_MS = 80;
const ANSWER_MS_MAX = 15000;
const AWAITED_KEYS_MAX = 20;
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
const ROOM_PX = { min: 160, wanted: 320, gap: 12 };

// The options at an address: `{ html }`, or what is wrong: `{ problem }`.
async function fetchOptions(address, signal) {
  try {
    const response = await fetch(address, {
      headers: { 'HX-Request': 'true' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
    });
    if (response.ok) return { html: await response.text() };
    return { problem: { 401: 'ended', 403: 'denied' }[response.status] ?? 'failed' };
  } catch {
    return { problem: 'failed' };
  }
}

function startChooser(root) {
  if (root.dataset.isStarted) return;
  root.dataset.isStarted = 'true';
  const input = root.querySelector('input');
  const popup = root.querySelector('.chooser-popup');
  const list = root.querySelector('[role="listbox"]');
  const live = root.querySelector('[role="status"]');
  let request = new AbortController();
  let timer = 0;
  let awaitedKeys = [];
  let optionNumber = 0;

  // Without scripts the term is a field of the form; with them it is none.
  input.removeAttribute('name');
  const role = { role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': list.id };
  for (const [name, value] of Object.entries(role)) input.setAttribute(name, value);

  const isOpen = () => !popup.hidden;
  const isBusy = () => list.getAttribute('aria-busy') === 'true';
  const options = () => [...list.querySelectorAll('[role="option"]')];
  const activeOption = () => list.querySelector('[aria-selected="true"]');

  function say(text) {
    // The same text twice would not be read twice.
    live.textContent = live.textContent === text ? `${text}\u00a0` : text;
  }

  function activate(option) {
    activeOption()?.setAttribute('aria-selected', 'false');
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    if (option) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
  }

  // Below the input, or above it where there is more room; within what a phone's keyboard leaves of the screen.
  function place() {
    if (!isOpen()) return;
    const view = window.visualViewport;
    const box = input.getBoundingClientRect();
    const below = view.offsetTop + view.height - box.bottom - ROOM_PX.gap;
    const above = box.top - view.offsetTop - ROOM_PX.gap;
    const isAbove = below < ROOM_PX.wanted && above > below;
    root.classList.toggle('chooser-above', isAbove);
    popup.style.setProperty('--room', `${Math.max(ROOM_PX.min, isAbove ? above : below)}px`);
  }

  function setOpen(open) {
    popup.hidden = !open;
    input.setAttribute('aria-expanded', String(open));
    if (open) place();
    else activate(undefined);
  }

  // Whatever was asked or is going to be asked is of no interest any more.
  function forget() {
    clearTimeout(timer);
    request.abort();
  }

  function close() {
    forget();
    list.removeAttribute('aria-busy');
    awaitedKeys = [];
    setOpen(false);
  }

  // In place of the options: what is wrong, as an option that tries again.
  function showProblem(problem) {
    const template = root.querySelector(`template[data-problem="${problem}"]`);
    list.replaceChildren(template.content.cloneNode(true));
    showOptions(list.textContent.trim());
  }

  function showOptions(announcement) {
    for (const option of options()) option.id ||= `${list.id}-${++optionNumber}`;
    setOpen(true);
    if (announcement) say(announcement);
  }

  // Shows the options for what is typed. Whatever was asked before is not shown any more.
  async function search({ isSilent = false } = {}) {
    forget();
    const mine = new AbortController();
    request = mine;
    list.setAttribute('aria-busy', 'true');
    const address = `${root.dataset.chooser}?${new URLSearchParams({ term: input.value })}`;
    const { html, problem } = await fetchOptions(address, mine.signal);
    if (request !== mine || mine.signal.aborted) return;
    list.removeAttribute('aria-busy');
    const keys = awaitedKeys;
    awaitedKeys = [];
    activate(undefined);
    list.scrollTop = 0;
    if (problem) return showProblem(problem);
    list.innerHTML = html;
    showOptions(!isSilent && list.querySelector('[data-status]').textContent);
    for (const key of keys) act(key);
  }

  // The next page takes the place of the row that asks for it; its first option is active then.
  async function loadMore(row) {
    const mine = request;
    if (row.getAttribute('aria-busy') === 'true') return;
    row.setAttribute('aria-busy', 'true');
    const { html, problem } = await fetchOptions(row.dataset.more, mine.signal);
    if (request !== mine || mine.signal.aborted) return;
    if (problem) return showProblem(problem);
    const place = options().indexOf(row);
    row.insertAdjacentHTML('afterend', html);
    const status = row.nextElementSibling;
    status.remove();
    row.remove();
    showOptions(status.textContent);
    activate(options()[place]);
  }

  // Tells the form what was chosen, and waits for the next.
  function pick({ value, text, type, id }) {
    const detail = { value, text, type, id };
    input.value = '';
    input.focus();
    input.dispatchEvent(new CustomEvent('chooser:choose', { bubbles: true, detail }));
    say(root.dataset.added.replace('{text}', () => text));
    search({ isSilent: true });
  }

  function choose(option) {
    const { more, retry, create } = option.dataset;
    if (more) loadMore(option);
    else if (retry) search();
    else if (create) startCreating(create);
    else pick(option.dataset);
  }

  // A new content is made in a dialog (chooser_dialog.js), which tells how it ended.
  function startCreating(address) {
    const title = input.value.trim();
    close();
    say(root.dataset.loading);
    const end = ({ created, problem }) => {
      say('');
      if (created) pick(created);
      else if (problem) showProblem(problem);
    };
    const detail = { address: `${address}?${new URLSearchParams({ title })}`, end };
    input.dispatchEvent(new CustomEvent('chooser:create', { bubbles: true, detail }));
  }

  // Moves by so many options; from the input to the first or last one, and round the ends one by one.
  function move(step) {
    const all = options();
    const place = all.indexOf(activeOption());
    if (place === -1) return activate(step > 0 ? all[0] : all.at(-1));
    if (Math.abs(step) === 1) return activate(all[(place + step + all.length) % all.length]);
    activate(all[Math.min(Math.max(place + step, 0), all.length - 1)]);
  }

  // What a key does to the list, now or when it is there.
  function act(key) {
    if (isBusy()) {
      if (awaitedKeys.length < AWAITED_KEYS_MAX) awaitedKeys.push(key);
    } else if (key in STEPS) move(STEPS[key]);
    else if (activeOption()) choose(activeOption());
  }

  input.addEventListener('input', () => {
    const isFirst = input.value.length === 1 || (!isOpen() && !isBusy());
    activate(undefined);
    awaitedKeys = [];
    forget();
    // From here on the list shows an older term's options.
    list.setAttribute('aria-busy', 'true');
    if (isFirst) search();
    else timer = setTimeout(search, SEARCH_DELAY_MS);
  });

  input.addEventListener('keydown', (event) => {
    // While a word is being composed, keys belong to the input method.
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey) return;
    const { key, altKey } = event;
    if (['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(key)) return activate(undefined);
    if (key === 'Escape') {
      if (!isOpen() && input.value === '' && !isBusy()) return;
      event.preventDefault();
      if (isOpen() || isBusy()) return close();
      input.value = '';
      return;
    }
    if (!(key in STEPS) && key !== 'Enter') return;
    // Enter here never sends the form around the chooser.
    event.preventDefault();
    if (altKey && key === 'ArrowUp') return close();
    const isClosed = !isOpen() && !isBusy();
    if (isClosed) search();
    if (!altKey && !(isClosed && key === 'Enter')) act(key);
  });

  input.addEventListener('click', () => {
    if (!isOpen() && !isBusy()) search();
  });

  // The focus stays in the input when the list is clicked.
  popup.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) choose(option);
  });

  document.addEventListener('pointerdown', (event) => {
    if (!root.contains(event.target)) close();
  });
  root.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !root.contains(event.relatedTarget)) close();
  });
  window.addEventListener('scroll', place, { passive: true });
  window.visualViewport.addEventListener('resize', place);
}

function startChoosers(element) {
  for (const root of element.querySelectorAll('[data-chooser]')) startChooser(root);
}

startChoosers(document);
// Also those that come with an answer.
htmx.onLoad((element) => startChoosers(element.parentElement ?? element));
