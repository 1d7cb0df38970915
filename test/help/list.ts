/** Lists of the admin as tests read them. */
import { unescapeHtml } from './html.ts';

/** A row as people see it; `cells` are those after the title. */
export interface ListedAs {
  readonly id: number;
  readonly title: string;
  readonly href: string;
  readonly cells: readonly string[];
}

/** The rows of a list. */
export function readListed(html: string): ListedAs[] {
  const body = /<tbody>(.*)<\/tbody>/s.exec(html)?.[1] ?? '';
  return body.split('</tr>').flatMap((row) => {
    const [, href = '', title = ''] = /<th scope="row"><a href="([^"]*)"[^>]*>([^<]*)<\/a>/.exec(row) ?? [];
    if (href === '') return [];
    const cells = [...row.matchAll(/<td class="(?:text|number|time)">(.*?)<\/td>/gs)];
    const plain = cells.map(([, cell = '']) => unescapeHtml(cell.replaceAll(/<[^>]*>/g, '')));
    return [{ id: Number(/(\d+)\/$/.exec(href)?.[1]), title: unescapeHtml(title), href, cells: plain }];
  });
}

/** The address behind a button of the pager, or undefined where it leads nowhere. */
export function readStep(html: string, text: string): string | undefined {
  const pager = /<nav class="pager".*?<\/nav>/s.exec(html)?.[0] ?? '';
  const href = new RegExp(`<a class="button" href="([^"]*)"[^>]*>${text}</a>`).exec(pager)?.[1];
  return href && unescapeHtml(href);
}
