// Forms with `data-draft`: what was typed and not saved is kept in this browser, offered when the form opens again, and
// thrown away when it was saved. Whoever leaves a changed form is asked. A form is sent once, however often it is pressed.
// Kept for each user and form: fields as they are sent, never a token, a password or a file.

const DRAFT_PREFIX = 'contenthub-draft:';
const DRAFT_SENT = 'contenthub-sent-draft';
const DRAFT_MS_MAX = 21 * 24 * 3600 * 1000;
const DRAFT_CHARACTERS_MAX = 1_000_000;
const DRAFTS_MAX = 20;
const DRAFTS_OF_FORM_MAX = 3;
const DRAFT_DELAY_MS = 400;
const SENDING_MS_MAX = 10_000;
const NOT_KEPT = new Set(['button', 'submit', 'reset', 'image', 'file', 'password']);

// Browsers may refuse to keep anything, and then there are no drafts.
const draftStore = {
  read(key) {
    try {
      const draft = JSON.parse(localStorage.getItem(key));
      return draft && typeof draft.at === 'number' && typeof draft.fields === 'object' ? draft : undefined;
    } catch {
      return undefined;
    }
  },
  write(key, draft) {
    const text = JSON.stringify(draft);
    try {
      if (text.length <= DRAFT_CHARACTERS_MAX) localStorage.setItem(key, text);
    } catch {}
  },
  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {}
  },
  keys() {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(DRAFT_PREFIX));
    } catch {
      return [];
    }
  },
};

// The old ones, and of too many the oldest, go.
function sweepDrafts() {
  const known = draftStore.keys().map((key) => ({ key, at: draftStore.read(key)?.at ?? 0 }));
  known.sort((one, other) => other.at - one.at);
  for (const [place, { key, at }] of known.entries()) {
    if (place >= DRAFTS_MAX || Date.now() - at > DRAFT_MS_MAX) draftStore.remove(key);
  }
}

// What a form would send that is worth keeping, by name.
function readFields(form) {
  const fields = {};
  for (const { name, value, type, disabled, checked, dataset } of form.elements) {
    if (!name || disabled || NOT_KEPT.has(type) || name === 'csrf_token' || 'notKept' in dataset) continue;
    if ((type === 'checkbox' || type === 'radio') && !checked) continue;
    fields[name] = [...(fields[name] ?? []), value];
  }
  return fields;
}

// Two states of a form are the same when this is: the version it began with is no change, nor how a list is cut up.
function describeFields({ version, ...fields }) {
  return JSON.stringify(Object.entries(fields).map(([name, values]) => [name, values.join(' ')]));
}

let isLoggingOut = false;

const prefixOfUser = () => `${DRAFT_PREFIX}${document.body.dataset.user}:`;

function startDraft(form) {
  const keys = Array.from({ length: DRAFTS_OF_FORM_MAX }, (_, place) => {
    const first = `${prefixOfUser()}${form.getAttribute('action')}`;
    return place === 0 ? first : `${first}#${place + 1}`;
  });
  const opened = describeFields(readFields(form));
  let timer = 0;
  let isSending = false;
  // Where this window keeps its draft, once it has one. It writes over no other: neither one that was found and not decided
  // about, nor that of another window.
  let mine;

  const isChanged = () => 'unsaved' in form.dataset || describeFields(readFields(form)) !== opened;

  function keep() {
    clearTimeout(timer);
    timer = 0;
    if (isLoggingOut) return;
    if (!isChanged()) return forget(mine);
    mine ??= keys.find((key) => !draftStore.read(key));
    const fields = readFields(form);
    // What is kept already stays as old as it is.
    const isKept = mine && describeFields(draftStore.read(mine)?.fields ?? {}) === describeFields(fields);
    if (mine && !isKept) draftStore.write(mine, { at: Date.now(), fields });
  }

  function forget(key) {
    if (key) draftStore.remove(key);
    if (key === mine) mine = undefined;
  }

  form.addEventListener('input', note);
  form.addEventListener('change', note);
  function note() {
    isLoggingOut = false;
    clearTimeout(timer);
    timer = setTimeout(keep, DRAFT_DELAY_MS);
  }

  window.addEventListener('pagehide', () => {
    if (timer) keep();
  });

  window.addEventListener('beforeunload', (event) => {
    if (!isSending && isChanged()) event.preventDefault();
  });

  form.addEventListener('submit', (event) => {
    if (isSending) return event.preventDefault();
    keep();
    markSent(mine);
    setSending(true);
  });
  window.addEventListener('pageshow', () => setSending(false));

  // Not at once: the button that was pressed is part of what is sent.
  function setSending(sending) {
    isSending = sending;
    setTimeout(() => {
      for (const button of form.querySelectorAll('[type="submit"]')) button.disabled = isSending;
    });
    if (sending) setTimeout(setSending, SENDING_MS_MAX, false);
  }

  function offer(key, draft) {
    const notice = document.querySelector('[data-draft-template]').content.firstElementChild.cloneNode(true);
    const text = notice.querySelector('p');
    const times = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
    text.textContent = text.dataset.offer.replace('{time}', () => times.format(draft.at));
    notice.querySelector('[data-restore]').addEventListener('click', async () => {
      if (!(await putBack(form, draft.fields))) return;
      mine = key;
      text.textContent = text.dataset.restored;
      for (const button of notice.querySelectorAll('button')) button.remove();
      keep();
    });
    notice.querySelector('[data-discard]').addEventListener('click', () => {
      forget(key);
      notice.remove();
      keep();
    });
    form.before(notice);
  }

  for (const key of keys) {
    const draft = draftStore.read(key);
    if (!draft) continue;
    if (describeFields(draft.fields) !== opened) offer(key, draft);
    else if (mine || !('unsaved' in form.dataset)) draftStore.remove(key);
    else mine = key;
  }
}

// Fills a form; lists of rows fill themselves. False when one of them could not.
async function putBack(form, fields) {
  const waited = [];
  const detail = { fields, waitFor: (work) => waited.push(work) };
  form.dispatchEvent(new CustomEvent('draft:restore', { detail }));
  const isFilled = (await Promise.all(waited)).every(Boolean);
  if (!isFilled) return false;
  for (const control of form.elements) {
    const { name, type } = control;
    if (!name || NOT_KEPT.has(type) || name === 'csrf_token' || 'notKept' in control.dataset) continue;
    const values = Object.hasOwn(fields, name) ? fields[name] : [];
    if (type === 'checkbox' || type === 'radio') control.checked = values.includes(control.value);
    else if (values.length === 1 && form.elements[name] === control) control.value = values[0];
  }
  form.dispatchEvent(new Event('input', { bubbles: true }));
  return true;
}

// Notes which draft a form was sent with, as it was then.
function markSent(key) {
  const sent = key && draftStore.read(key);
  if (sent) sessionStorage.setItem(DRAFT_SENT, JSON.stringify({ key, at: sent.at }));
  else sessionStorage.removeItem(DRAFT_SENT);
}

// The answer to the form that this window sent: when it says that something was done, the draft has served, but for what was
// typed since. A login, or a choice between two versions, may come before it. What another page says is about another form.
function forgetSent() {
  const sent = JSON.parse(sessionStorage.getItem(DRAFT_SENT));
  if (sent === null) return;
  const isDone = document.querySelector('#flash .flash-success') !== null;
  if (isDone && draftStore.read(sent.key)?.at === sent.at) draftStore.remove(sent.key);
  if (isDone || !document.querySelector('[name="kept"], .conflict')) sessionStorage.removeItem(DRAFT_SENT);
}

document.addEventListener('DOMContentLoaded', () => {
  sweepDrafts();
  forgetSent();
  for (const form of document.querySelectorAll('form[data-draft]')) startDraft(form);
});

document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-discard-draft]')) return;
  const sent = JSON.parse(sessionStorage.getItem(DRAFT_SENT));
  if (sent !== null) draftStore.remove(sent.key);
});

document.addEventListener('submit', (event) => {
  if (event.target.getAttribute('action') === '/admin/logout/') isLoggingOut = true;
});
window.addEventListener('pagehide', () => {
  if (!isLoggingOut) return;
  for (const key of draftStore.keys()) if (key.startsWith(prefixOfUser())) draftStore.remove(key);
});
