/** The first screen. */
export const dashboard = {
  title: 'Dashboard',
};
