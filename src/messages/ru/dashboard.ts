import type * as en from '../en/dashboard.ts';

export const dashboard: typeof en.dashboard = {
  title: 'Обзор',
  amounts: 'Что есть',
  addPage: 'Добавить страницу',
  add: 'Добавить',
  addNamed: (name) => `Добавить: ${name}`,
  page: 'страница',
  recent: 'Последние правки',
  recentNone: 'Пока ничего не правили.',
  actions: { create: 'добавлено:', update: 'изменено:', delete: 'удалено:', load: 'загружено:' },
  mostViewed: 'Самое просматриваемое',
  mostViewedNone: 'Просмотров пока не было.',
  mostViewedLater: 'Поиск среди всего содержимого ещё идёт. Загрузите страницу чуть позже.',
  asOf: (time) => `По состоянию на ${time}.`,
  content: 'Содержимое',
  kind: 'Вид',
  viewsHeading: 'Просмотры',
  views: { one: 'просмотр', few: 'просмотра', many: 'просмотров', other: 'просмотра' },
  counting: 'Подсчёт просмотров',
  toSystem: 'К состоянию системы',
};
