import type * as en from '../en/common.ts';

export const common: typeof en.common = {
  product: 'ContentHub',
  skip: 'К содержанию',
  save: 'Сохранить',
  cancel: 'Отмена',
  remove: 'Удалить',
  search: 'Найти',
  yes: 'да',
  no: 'нет',
  none: 'нет',
  optional: 'необязательно',
  back: 'Назад',
  close: 'Закрыть',
  loading: 'Загрузка…',
  noScript: 'С JavaScript удобнее, но всё работает и без него.',
};

export const frame: typeof en.frame = {
  navigation: 'Разделы',
  breadcrumbs: 'Вы здесь',
  dashboard: 'Обзор',
  pages: 'Страницы',
  users: 'Пользователи',
  history: 'История',
  system: 'Система',
  api: 'API',
  account: 'Учётная запись',
  loggedInAs: (name) => `Вы вошли как ${name}`,
  password: 'Сменить пароль',
  logout: 'Выйти',
  language: 'Язык',
  languageOfBrowser: 'как просит браузер',
  roles: { viewer: 'читатель', editor: 'редактор', admin: 'администратор', none: 'нет доступа' },
};

export const refusals: typeof en.refusals = {
  required: 'Заполните это поле.',
  too_long: (max, sent) => `Не больше ${max} знаков, отправлено ${sent}.`,
  not_http: 'Введите адрес http или https.',
  nul: 'Символы NUL недопустимы.',
  not_unicode: 'Это не правильный текст Unicode (непарный суррогат).',
  summary: (n) => (n === 1 ? 'Проверьте одно поле.' : `Проверьте поля: ${n}.`),
};

export const fields: typeof en.fields = {
  title: { label: 'Название', help: 'Имя, которое видят люди.' },
  url: { label: 'Адрес', help: 'Адрес, о котором страница.' },
};
