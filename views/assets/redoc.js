// Starts ReDoc in #redoc with the stylesheet's colours and fonts, again whenever the reader's system changes its scheme.
const redocElement = document.getElementById('redoc');

function themeFromStylesheet() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    colors: {
      primary: { main: value('accent') },
      success: { main: value('success') },
      error: { main: value('danger') },
      gray: { 50: value('sunken'), 100: value('sunken') },
      border: { dark: value('line'), light: value('line') },
      text: { primary: value('ink'), secondary: value('ink-soft') },
    },
    schema: { linesColor: value('line'), nestedBackground: value('sunken') },
    typography: {
      fontSize: '15px',
      fontFamily: value('font'),
      headings: { fontFamily: value('font'), fontWeight: '600' },
      code: { fontFamily: value('font-code'), color: value('accent'), backgroundColor: value('sunken') },
      links: { color: value('accent') },
    },
    sidebar: {
      backgroundColor: value('sunken'),
      textColor: value('ink'),
      activeTextColor: value('accent'),
      groupItems: { activeBackgroundColor: value('accent-soft'), textTransform: 'none' },
      level1Items: { activeBackgroundColor: value('accent-soft') },
    },
    rightPanel: {
      backgroundColor: value('panel'),
      textColor: value('panel-ink'),
      servers: {
        overlay: { backgroundColor: value('surface'), textColor: value('ink') },
        url: { backgroundColor: value('sunken') },
      },
    },
    codeBlock: { backgroundColor: value('panel-sunken') },
    fab: { backgroundColor: value('surface'), color: value('accent') },
  };
}

function start() {
  window.Redoc.init(redocElement.dataset.schemaUrl, { theme: themeFromStylesheet(), hideLoading: true }, redocElement);
}

start();
window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', start);
