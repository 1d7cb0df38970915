import type { Messages } from '../../src/messages/index.ts';
import type { Role } from '../../src/store/roles.ts';

/** A section of the admin's navigation; a content type's section is `contents/<type>`. */
export type Section = 'dashboard' | 'pages' | 'users' | 'history' | 'system' | 'account' | `contents/${string}`;

/** A short text at the top of the page that comes after something was done. */
export interface Flash {
  readonly kind: 'success' | 'error';
  readonly text: string;
}

/** What every screen of the admin shows around its own. */
export interface Chrome {
  readonly m: Messages;
  readonly user: { readonly username: string; readonly role: Role | 'none'; readonly language: string } | undefined;
  /** The token that every form carries. */
  readonly csrf: string;
  readonly flash: Flash | undefined;
  /** Where this page is, for forms that come back to it. */
  readonly path: string;
  /** Content types in registry order, in the visitor's language. */
  readonly contentTypes: readonly { readonly type: string; readonly namePlural: string }[];
  readonly languages: Readonly<Record<string, string>>;
  readonly assets: {
    readonly style: string;
    readonly icon: string;
    readonly htmx: string;
    readonly scripts: readonly string[];
  };
}
