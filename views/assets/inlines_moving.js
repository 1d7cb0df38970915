// Moving rows of a list: dragged by their handle, or picked up with Space and moved with the arrow keys. Rows that stand
// in the way are moved, never the row itself: so it keeps the focus, and the pointer that holds it.

const DRAG_PX = { start: 4, edge: 64, scroll: 14 };

for (const list of document.querySelectorAll('[data-inlines] [data-list]')) startMoving(list);

// Every step is told by the bubbling event `inlines:move` with the detail `{ sentence, row }`: picked, moved, dropped, back.
function startMoving(list) {
  // The row that is held, and what stood behind it: putting it back there undoes every step.
  let held;

  const isSkipped = (row) => row.classList.contains('inline-off');
  const tell = (sentence, row) =>
    list.dispatchEvent(new CustomEvent('inlines:move', { bubbles: true, detail: { sentence, row } }));

  // Moves a row past one other that counts; false at the end of the list.
  function step(row, direction, isSkippable = isSkipped) {
    for (;;) {
      const other = direction < 0 ? row.previousElementSibling : row.nextElementSibling;
      if (!other) return false;
      list.insertBefore(other, direction < 0 ? row.nextElementSibling : row);
      if (!isSkippable(other)) return true;
    }
  }

  const handleOf = (row) => row.querySelector('[data-handle]');

  function hold(row) {
    held = { row, home: row.nextElementSibling };
    row.classList.add('inline-held');
    handleOf(row).setAttribute('aria-pressed', 'true');
  }

  function letGo(sentence) {
    const { row, home } = held;
    held = undefined;
    if (sentence === 'back') {
      list.insertBefore(row, home);
      handleOf(row).focus();
    }
    row.classList.remove('inline-held');
    row.style.translate = '';
    handleOf(row).setAttribute('aria-pressed', 'false');
    tell(sentence, row);
  }

  function move(row, direction) {
    if (!step(row, direction)) return;
    row.scrollIntoView({ block: 'nearest' });
    tell('moved', row);
  }

  function toggle(row) {
    if (held) return letGo('dropped');
    hold(row);
    tell('picked', row);
  }

  list.addEventListener('keydown', (event) => {
    const row = event.target.closest('[data-handle]')?.closest('[data-row]');
    if (!row || held?.pointer) return;
    const { key } = event;
    if (key === ' ' || key === 'Enter') toggle(row);
    else if (!held) return;
    else if (key === 'ArrowUp' || key === 'ArrowDown') move(row, key === 'ArrowUp' ? -1 : 1);
    else if (key === 'Escape') letGo('back');
    else return;
    event.preventDefault();
  });
  // A button is pressed when Space comes up again.
  list.addEventListener('keyup', (event) => {
    if (event.key === ' ' && event.target.closest('[data-handle]')) event.preventDefault();
  });
  list.addEventListener('click', (event) => {
    const button = event.target.closest('[data-move], [data-handle]');
    const row = button?.closest('[data-row]');
    if (button?.dataset.move) move(row, Number(button.dataset.move));
    // A handle pressed without a pointer or a key: by assistive technology.
    else if (button && event.detail === 0) toggle(row);
  });
  list.addEventListener('focusout', (event) => {
    if (held && !held.pointer && !held.row.contains(event.relatedTarget)) letGo('dropped');
  });

  list.addEventListener('pointerdown', (event) => {
    const handle = event.target.closest('[data-handle]');
    if (!handle || event.button !== 0 || held) return;
    const row = handle.closest('[data-row]');
    handle.setPointerCapture(event.pointerId);
    hold(row);
    const grip = event.clientY - row.getBoundingClientRect().top;
    held.pointer = { id: event.pointerId, y: event.clientY, start: event.clientY, grip, isMoving: false };
  });
  list.addEventListener('pointermove', (event) => {
    if (held?.pointer?.id !== event.pointerId) return;
    held.pointer.y = event.clientY;
    if (held.pointer.isMoving) return follow();
    if (Math.abs(event.clientY - held.pointer.start) < DRAG_PX.start) return;
    held.pointer.isMoving = true;
    follow();
    requestAnimationFrame(scroll);
  });
  list.addEventListener('pointerup', (event) => {
    if (held?.pointer?.id === event.pointerId) letGo('dropped');
  });
  list.addEventListener('pointercancel', (event) => {
    if (held?.pointer?.id === event.pointerId) letGo('back');
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !held?.pointer) return;
    event.preventDefault();
    letGo('back');
  });

  // Steps past every row whose middle the pointer has crossed, and draws the row under the pointer.
  function follow() {
    const { row, pointer } = held;
    const middle = (other) => {
      const box = other.getBoundingClientRect();
      return box.top + box.height / 2;
    };
    while (row.nextElementSibling && pointer.y > middle(row.nextElementSibling)) {
      if (!step(row, 1, () => false)) break;
    }
    while (row.previousElementSibling && pointer.y < middle(row.previousElementSibling)) {
      if (!step(row, -1, () => false)) break;
    }
    row.style.translate = '';
    const top = row.getBoundingClientRect().top;
    row.style.translate = `0 ${pointer.y - pointer.grip - top}px`;
  }

  // Near the edge of the window the list scrolls under the row.
  function scroll() {
    if (!held?.pointer) return;
    const { y } = held.pointer;
    const by = y < DRAG_PX.edge ? -1 : y > window.innerHeight - DRAG_PX.edge ? 1 : 0;
    if (by !== 0) {
      window.scrollBy(0, by * DRAG_PX.scroll);
      follow();
    }
    requestAnimationFrame(scroll);
  }
}
