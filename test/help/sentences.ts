/** What a table of messages says, as plain sentences. */

export interface Sentence {
  /** `system.acts.retry_dead.title`. */
  readonly place: string;
  readonly text: string;
}

/** Stands in for whatever a sentence is made of. */
const STAND_INS = ['1', 1, [1], new Date(0)] as const;

/** Every sentence of a table; functions are called with stand-ins. @throws Error naming one that takes none of them */
export function sentencesOf(table: unknown, place = ''): Sentence[] {
  if (typeof table === 'string') return [{ place, text: table }];
  if (isSentence(table)) return sentencesOf(callWithStandIns(table, place), place);
  if (typeof table !== 'object' || table === null) return [];
  return Object.entries(table).flatMap(([name, value]) => sentencesOf(value, place === '' ? name : `${place}.${name}`));
}

type MadeSentence = (...args: unknown[]) => unknown;

function isSentence(value: unknown): value is MadeSentence {
  return typeof value === 'function';
}

function callWithStandIns(sentence: MadeSentence, place: string): unknown {
  for (const standIn of STAND_INS) {
    try {
      return sentence(...Array.from({ length: sentence.length }, () => standIn));
    } catch {
      // The next may be what it takes.
    }
  }
  throw new Error(`${place} takes none of the stand-ins: add one to test/help/sentences.ts`);
}

/** The words of three or more Latin letters in a text, in lower case. */
export function latinWordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/(?<![\p{L}\p{N}])[a-z]{3,}(?![\p{L}\p{N}])/gu) ?? []);
}
