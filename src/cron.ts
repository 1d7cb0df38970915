/** The library of the schedule. A file of its own, so that a hub which needs none of it yet starts without it. */
export { Cron } from 'croner';
