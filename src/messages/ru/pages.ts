import type * as en from '../en/pages.ts';

const contentForms = { one: 'материал', few: 'материала', many: 'материалов', other: 'материала' };
const placeForms = { one: 'место', few: 'места', many: 'мест', other: 'места' };

export const pages: typeof en.pages = {
  add: 'Новая страница',
  saveAndContinue: 'Сохранить и продолжить',
  saveAndAdd: 'Сохранить и добавить ещё',
  created: (title) => `Страница «${title}» создана.`,
  saved: (title) => `Страница «${title}» сохранена.`,
  alreadyRemoved: 'Она уже удалена.',
  readOnly: 'Ваша роль позволяет смотреть, но не менять.',
  gone: 'Пока вы правили эту страницу, её удалили. Введённое сохранилось: если записать его, страница будет создана заново.',
  contents: 'Материалы',
  contentForms,
  none: 'На этой странице пока ничего нет.',
  shown: (shown, total) => `Здесь показаны ${shown} из ${total}; сохраняются все.`,
  showMore: (counted) => `Показать ещё ${counted}`,
  showAll: 'Показать все',
  row: {
    place: 'Место',
    placeOf: (title) => `Место: «${title}»`,
    newTab: 'откроется в новой вкладке',
    remove: 'Убрать',
    removeOf: (title) => `Убрать «${title}» с этой страницы`,
    up: (title) => `Поднять «${title}»`,
    down: (title) => `Опустить «${title}»`,
    handle: (title) => `Переставить «${title}»`,
    undo: 'Вернуть',
    undoOf: (title) => `Вернуть «${title}» на страницу`,
    off: 'Будет убрано при сохранении',
  },
  handleHelp: 'Перетащите или нажмите пробел и двигайте стрелками; пробел опускает, Escape возвращает.',
  say: {
    picked: (title, place, total) =>
      `«${title}» взято, место ${place} из ${total}. Стрелки двигают, пробел опускает, Escape возвращает.`,
    moved: (title, place, total) => `«${title}»: место ${place} из ${total}.`,
    dropped: (title, place, total) => `«${title}» на месте ${place} из ${total}.`,
    back: (title, place, total) => `«${title}» снова на месте ${place} из ${total}.`,
    removed: (title) => `«${title}» будет убрано при сохранении.`,
    kept: (title) => `«${title}» остаётся.`,
    failed: 'Сервер не ответил. Ничего не потеряно: попробуйте ещё раз.',
    listed: (counted) => `Показано: ${counted}.`,
  },
  problems: {
    unknown: 'Такого материала нет. Уберите его со страницы.',
    gone: 'Этого материала больше нет. Уберите его со страницы.',
    refused: 'Материалы этого вида здесь нельзя ставить на страницы. Уберите его со страницы.',
    order: 'Место — целое число от 1.',
    tooMany: (max, sent) => `На странице может быть не больше ${max} материалов, отправлено ${sent}.`,
  },
  facts: 'О странице',
  id: 'Номер',
  savedAt: 'Сохранена',
  api: 'Ответ API',
  history: 'История',
  duplicate: 'Создать копию',
  duplicateHelp: 'Создаёт страницу с теми же материалами из сохранённого и открывает её.',
  copyOf: (title) => `${title} (копия)`,
  copied: (title) => `Создана «${title}». Это отдельная страница.`,
  removal: {
    title: (title) => `Удалить «${title}»?`,
    text: (counted) =>
      `Будет удалена страница и ${counted} на ней. Сами материалы останутся. Что на ней было, сохранится в истории.`,
    empty: 'Будет удалена страница. Материалов на ней нет. Какой она была, сохранится в истории.',
    placeForms,
    confirm: 'Удалить страницу',
    done: (title) => `Страница «${title}» удалена.`,
  },
  list: {
    onlyMine: 'только у меня',
    onlyTheirs: 'только у них',
    moved: (place) => `там на месте ${place}`,
    more: (counted) => `и ещё ${counted}, одинаково`,
    cut: (counted) => `и ещё ${counted} вокруг других различий, здесь не показано`,
  },
};

export const drafts: typeof en.drafts = {
  offer: (time) => `Изменения от ${time} не были сохранены. Они лежат в этом браузере.`,
  restore: 'Вернуть их',
  discard: 'Выбросить',
  restored: 'Ваши изменения снова в форме. Они ещё не сохранены.',
};
