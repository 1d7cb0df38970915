import type * as en from '../en/login.ts';

export const login: typeof en.login = {
  title: 'Вход',
  username: 'Имя пользователя',
  password: 'Пароль',
  submit: 'Войти',
  wrong: 'Неверное имя пользователя или пароль.',
  throttled: (seconds) =>
    `Слишком много неудачных попыток. Попробуйте через ${seconds < 90 ? `${seconds} с` : `${Math.ceil(seconds / 60)} мин`}.`,
  insecure:
    'Для входа нужен https: по обычному http пароль могут прочитать по дороге. Если https обеспечивает прокси, назовите его в TRUSTED_PROXIES.',
  plain: 'Соединение не шифруется: пароль могут прочитать по дороге.',
  ended: 'Сеанс закончился. Войдите, чтобы продолжить: введённое сохранено и будет записано.',
};
