import type * as en from '../en/conflict.ts';

export const conflict: typeof en.conflict = {
  title: (title) => `Две версии: «${title}»`,
  changed: 'Пока вы редактировали, это сохранил кто-то другой. Ваш текст не потерян: выберите, что оставить.',
  changedBy: (name, time) =>
    `Пока вы редактировали, это сохранил пользователь ${name} (${time}). Ваш текст не потерян: выберите, что оставить.`,
  mine: 'Моё',
  theirs: 'Чужое',
  both: 'Оба: их вариант, с тем, что добавлено мной, и без того, что мной убрано',
  onlyMine: 'изменили вы',
  onlyTheirs: 'изменили не вы',
  clash: 'изменили оба',
  empty: '(пусто)',
  legend: 'Различия:',
  legendTheirs: 'только в чужом',
  legendMine: 'только в моём',
  moreChanges: (n) => `и другие изменения: ${n}`,
  moreCharacters: (n) => `(и ещё знаков: ${n})`,
  saveMerged: 'Сохранить выбранное',
  whole: 'Или одну версию целиком',
  takeMine: 'Сохранить всё моё',
  takeTheirs: 'Отбросить моё, открыть чужое',
};
