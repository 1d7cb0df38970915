/** The whole suite at its full length (`TEST_FAULTS=all`); otherwise the same tests, with shorter waits. */
export const IS_FULL_RUN = process.env.TEST_FAULTS === 'all';

/** For any one test: a busy machine makes it slow, and never wrong. */
export const TEST_TIMEOUT_MS = IS_FULL_RUN ? 600_000 : 180_000;

/** What is waited for comes; how late, nobody promises. */
export const WAIT_MS_MAX = 90_000;
