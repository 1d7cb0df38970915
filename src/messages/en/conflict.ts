/** A save that came after somebody else's. */
export const conflict = {
  title: (title: string) => `Two versions of “${title}”`,
  changed: 'This was saved by somebody else while you were editing. Nothing of yours is lost: choose what to keep.',
  changedBy: (name: string, time: string) =>
    `${name} saved this while you were editing (${time}). Nothing of yours is lost: choose what to keep.`,
  mine: 'Mine',
  theirs: 'Theirs',
  both: 'Both: with what either added and without what either took off; an order that both changed is theirs',
  onlyMine: 'changed by you',
  onlyTheirs: 'changed by them',
  clash: 'changed by both',
  empty: '(empty)',
  legend: 'What differs:',
  legendTheirs: 'only in theirs',
  legendMine: 'only in mine',
  moreChanges: (n: number) => `and ${n} more ${n === 1 ? 'change' : 'changes'}`,
  moreCharacters: (n: number) => `(and ${n} more ${n === 1 ? 'character' : 'characters'})`,
  saveMerged: 'Save as chosen',
  whole: 'Or one version as a whole',
  takeMine: 'Save all of mine',
  takeTheirs: 'Drop mine, open theirs',
};
