/** Who asks: the browser by its cookie, the user by the session, the language by both. */
import type { Chrome } from '../../../views/parts/chrome.ts';
import { wordsOf } from '../../contents/content.ts';
import { contentTypes } from '../../contents/index.ts';
import {
  createMessages,
  findLanguage,
  LANGUAGES,
  type Language,
  type Messages,
  negotiateLanguage,
} from '../../messages/index.ts';
import type { User } from '../../store/roles.ts';
import { findSession, type Session } from '../../store/sessions.ts';
import { type CookieSafety, cookieSafety, readFlash, readSessionToken } from '../cookies.ts';
import { createCsrfToken } from '../csrf.ts';
import { pathOf, queryOf } from '../request.ts';
import { assetUrl } from '../static.ts';
import { createToken, hashToken } from '../tokens.ts';
import type { AdminContext } from './screen.ts';

/** A browser that asks for something of the admin. */
export interface Visitor {
  readonly request: Request;
  readonly safety: CookieSafety;
  /** The browser's token: the one it sent, or a new one to give it. */
  readonly cookie: string;
  readonly isNewCookie: boolean;
  readonly tokenHash: string;
  readonly session: Session | undefined;
  readonly address: string;
  readonly isFragment: boolean;
  readonly m: Messages;
  readonly chrome: Chrome;
}

/** Reads the cookie and looks for its session. @throws AppError `unavailable` */
export async function visit(admin: AdminContext, request: Request): Promise<Visitor> {
  const { config, database, origins } = admin;
  const safety = cookieSafety(request, origins, config.insecureCookies);
  const sent = readSessionToken(request, safety);
  const cookie = sent === '' ? createToken() : sent;
  const tokenHash = hashToken(cookie);
  const session = sent === '' ? undefined : await findSession(database, tokenHash);
  return describeVisitor(admin, { request, safety, cookie, isNewCookie: sent === '', tokenHash, session });
}

/** A visitor with what follows from the rest: also for a session that has just begun. */
export function describeVisitor(
  { config, keys, origins }: Pick<AdminContext, 'config' | 'keys' | 'origins'>,
  known: Pick<Visitor, 'request' | 'safety' | 'cookie' | 'isNewCookie' | 'tokenHash' | 'session'>,
): Visitor {
  const { request, session, cookie, safety } = known;
  const m = messagesFor(config.timeZone)[languageOf(request, session?.user)];
  const query = queryOf(request.url);
  const chrome: Chrome = {
    m,
    user: session?.user,
    csrf: createCsrfToken(keys, cookie, session?.user.id),
    flash: parseFlash(readFlash(request, safety)),
    path: `${pathOf(request.url)}${query === '' ? '' : `?${query}`}`,
    contentTypes: contentTypes.map((type) => ({ type: type.type, namePlural: wordsOf(type, m.language).namePlural })),
    languages: LANGUAGES,
    assets: {
      style: assetUrl('admin.css'),
      icon: assetUrl('icon.svg'),
      htmx: assetUrl('htmx.js'),
      scripts: [assetUrl('admin.js'), assetUrl('drafts.js')],
    },
  };
  const isFragment = request.headers.get('hx-request') === 'true';
  return { ...known, m, chrome, isFragment, address: origins.clientAddress(request) };
}

function languageOf(request: Request, user: User | undefined): Language {
  return findLanguage(user?.language ?? '') ?? negotiateLanguage(request.headers.get('accept-language'));
}

/** Made once for each time zone: there is one. */
const messages = new Map<string, Readonly<Record<Language, Messages>>>();
function messagesFor(timeZone: string): Readonly<Record<Language, Messages>> {
  const known = messages.get(timeZone) ?? createMessages(timeZone);
  messages.set(timeZone, known);
  return known;
}

/** Browsers drop a cookie of more than 4,096 bytes, and a character takes up to 12 of them. */
const FLASH_CHARACTERS_MAX = 300;

/** A flash is one letter for its kind and its text; anything else is none. */
function parseFlash(text: string): Chrome['flash'] {
  if (!/^[se]:/.test(text)) return undefined;
  return { kind: text.startsWith('s') ? 'success' : 'error', text: text.slice(2) };
}

/** The opposite of reading a flash. */
export function formatFlash({ kind, text }: { readonly kind: 'success' | 'error'; readonly text: string }): string {
  const characters = [...text];
  const cut =
    characters.length <= FLASH_CHARACTERS_MAX ? text : `${characters.slice(0, FLASH_CHARACTERS_MAX).join('')}…`;
  return `${kind === 'success' ? 's' : 'e'}:${cut}`;
}
