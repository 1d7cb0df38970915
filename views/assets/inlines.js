// The contents of a page's form. A row is a field `contents`; what is taken off is a field that is not sent. Rows that
// are not listed stand in one field, in their place among the others, until somebody asks for them.

const ROWS_ADDRESS = '/admin/pages/rows/';
const ROWS_LISTED = 100;
const ROWS_MS_MAX = 15000;

for (const root of document.querySelectorAll('[data-inlines]')) startInlines(root);

// The first `count` of these references as rows, the others as one; undefined when the server does not answer.
async function fetchRows(values, count) {
  try {
    const response = await fetch(ROWS_ADDRESS, {
      method: 'POST',
      headers: { 'HX-Request': 'true', 'X-CSRF-Token': document.body.dataset.csrf },
      body: new URLSearchParams({ contents: values.join(' '), count }),
      signal: AbortSignal.timeout(ROWS_MS_MAX),
    });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

function startInlines(root) {
  const form = root.closest('form');
  const list = root.querySelector('[data-list]');
  const live = root.querySelector('[data-live]');
  const words = JSON.parse(root.dataset.words);
  const typeNames = JSON.parse(root.dataset.typeNames);
  const numbers = new Intl.NumberFormat(words.language);

  const rest = () => list.querySelector(':scope > [data-rest]');
  const fieldOf = (row) => row.querySelector('[name="contents"]');
  const placeOf = (row) => row.querySelector('.inline-place');
  const titleOf = (row) => row.querySelector('[data-title]').textContent;
  const isOff = (row) => row.classList.contains('inline-off');
  const valuesIn = (row) => fieldOf(row).value.split(' ');
  const total = () => [...list.children].reduce((sum, row) => sum + (isOff(row) ? 0 : valuesIn(row).length), 0);

  function fill(sentence, row) {
    const values = { title: row && titleOf(row), place: row && placeOf(row).value, total: numbers.format(total()) };
    return words[sentence].replaceAll(/\{(title|place|total)\}/g, (_, name) => values[name]);
  }

  function tell(sentence, row) {
    number();
    live.textContent = fill(sentence, row);
  }

  // Places, as they are now, and what depends on them.
  function number() {
    let place = 0;
    for (const row of list.children) {
      if (row.matches('[data-rest]')) place += valuesIn(row).length;
      else placeOf(row).value = isOff(row) ? '' : String(++place);
    }
    const count = total();
    root.querySelector('[data-total]').textContent = numbers.format(count);
    root.querySelector('[data-empty]').hidden = list.childElementCount > 0;
    const hidden = rest();
    if (!hidden) return;
    const shown = numbers.format(count - valuesIn(hidden).length);
    hidden.querySelector('[data-shown]').textContent = fill('shown').replace('{shown}', shown);
  }

  // Tells the form that its contents are others now.
  function changed() {
    number();
    form.dispatchEvent(new Event('change', { bubbles: true }));
  }

  // Takes away what stands in for scripts, and gives a row its handle and buttons.
  function equip(row) {
    if (row.matches('[data-rest]')) {
      row.querySelector('[name="order"]').remove();
      return;
    }
    const isTicked = row.querySelector('[name="remove"]').checked;
    row.querySelector('.inline-remove').remove();
    placeOf(row).removeAttribute('name');
    const tools = root.querySelector('[data-tools-template]').content.cloneNode(true);
    row.prepend(tools.querySelector('[data-handle]'));
    row.append(tools);
    const named = { handle: '[data-handle]', up: '[data-move="-1"]', down: '[data-move="1"]', remove: '[data-remove]' };
    for (const [sentence, selector] of Object.entries({ ...named, placeOf: '.inline-place', undoOf: '[data-undo]' })) {
      row.querySelector(selector).setAttribute('aria-label', fill(sentence, row));
    }
    row.querySelector('[data-undo]').textContent = words.undo;
    if (isTicked) setOff(row, true);
  }

  function setOff(row, off) {
    row.classList.toggle('inline-off', off);
    fieldOf(row).disabled = off;
    placeOf(row).disabled = off;
    for (const tool of row.querySelectorAll('[data-handle], [data-move], [data-remove]')) tool.hidden = off;
    row.querySelector('[data-undo]').hidden = !off;
    row.querySelector('[data-off]').hidden = !off;
  }

  function takeOff(row, off) {
    setOff(row, off);
    changed();
    tell(off ? 'removed' : 'kept', row);
    row.querySelector(off ? '[data-undo]' : '[data-remove]').focus();
  }

  function add({ value, text, type, id }) {
    const row = root.querySelector('[data-row-template]').content.firstElementChild.cloneNode(true);
    fieldOf(row).value = value;
    row.querySelector('[data-type]').textContent = typeNames[type];
    row.querySelector('[data-id]').textContent = `#${id}`;
    row.querySelector('[data-title]').textContent = text;
    row.querySelector('[data-title]').href = `/admin/contents/${type}/${id}/`;
    list.append(row);
    equip(row);
    const tail = root.querySelector('[name="tail"]');
    tail.value = String(Number(tail.value) + 1);
    row.classList.add('inline-new');
    changed();
  }

  // To the place that was typed: among the rows, or into those that are not listed.
  function place(row, typed) {
    const wanted = Number(typed);
    if (!/^\d+$/.test(typed) || wanted < 1) return number();
    let before = wanted - 1;
    const others = [...list.children].filter((other) => other !== row);
    for (const other of others) {
      const length = isOff(other) ? 0 : valuesIn(other).length;
      if (before === 0 && length > 0) {
        list.insertBefore(row, other);
        break;
      }
      if (before < length) {
        hide(row, other, before);
        return;
      }
      before -= length;
      if (other === others.at(-1)) list.append(row);
    }
    changed();
    tell('moved', row);
  }

  function hide(row, hidden, index) {
    const values = valuesIn(hidden);
    values.splice(index, 0, fieldOf(row).value);
    fieldOf(hidden).value = values.join(' ');
    const title = titleOf(row);
    const typed = placeOf(row).value;
    row.remove();
    changed();
    live.textContent = words.moved
      .replace('{title}', () => title)
      .replace('{place}', () => typed)
      .replace('{total}', () => numbers.format(total()));
  }

  async function listMore(button) {
    const hidden = rest();
    button.disabled = true;
    let asked;
    let html;
    // A row may be put among them while the server is asked: then they are others.
    do {
      asked = fieldOf(hidden).value;
      html = await fetchRows(valuesIn(hidden), button.dataset.count);
    } while (html !== undefined && fieldOf(hidden).value !== asked);
    button.disabled = false;
    if (!hidden.isConnected) return;
    if (html === undefined) {
      live.textContent = words.failed;
      hidden.querySelector('[data-shown]').textContent = words.failed;
      return;
    }
    const holder = document.createElement('ol');
    holder.innerHTML = html;
    const added = [...holder.children];
    hidden.replaceWith(...added);
    for (const row of added) equip(row);
    number();
    added[0].querySelector('.inline-place').focus();
  }

  // A draft: `drafts.js` has filled the other fields.
  async function restore(values) {
    const html = await fetchRows(values, ROWS_LISTED);
    if (html === undefined) {
      live.textContent = words.failed;
      return false;
    }
    list.innerHTML = html;
    for (const row of [...list.children]) equip(row);
    changed();
    return true;
  }

  list.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    const row = button?.closest('[data-row]');
    if (button?.name === '_list') {
      event.preventDefault();
      listMore(button);
    } else if (row && button.matches('[data-remove], [data-undo]')) takeOff(row, button.matches('[data-remove]'));
  });
  list.addEventListener('change', (event) => {
    if (event.target.matches('.inline-place')) place(event.target.closest('[data-row]'), event.target.value.trim());
  });
  // Enter is done with a place as leaving it is, and stays there; or at the next row, when this one is not listed any more.
  list.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !event.target.matches('.inline-place')) return;
    event.preventDefault();
    const row = event.target.closest('[data-row]');
    const next = row.nextElementSibling;
    event.target.blur();
    const place = row.isConnected ? placeOf(row) : next.querySelector('.inline-place, button');
    place.focus();
    place.scrollIntoView({ block: 'nearest' });
  });
  list.addEventListener('inlines:move', ({ detail }) => {
    changed();
    tell(detail.sentence, detail.row);
  });
  // In one field, however many are listed: a form may have 10,000.
  form.addEventListener('formdata', ({ formData }) => {
    const values = formData.getAll('contents');
    if (values.length > 0) formData.set('contents', values.join(' '));
  });
  root.addEventListener('chooser:choose', (event) => add(event.detail));
  form.addEventListener('draft:restore', (event) => {
    const { fields, waitFor } = event.detail;
    waitFor(restore(fields.contents ?? []));
  });

  for (const row of [...list.children]) equip(row);
  number();
}
