import type { Actor } from '../../src/store/history.ts';

/** Whoever acts in a test that is about something else. */
export const TESTER: Actor = { via: 'command', id: undefined, name: 'test', address: '' };
