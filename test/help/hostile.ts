/** Texts that break out of their place wherever somebody forgot to escape them. */
export const HOSTILE = [
  '<script>window.broken=1</script>',
  '"><img src=x onerror=window.broken=1>',
  "' onmouseover='window.broken=1",
  '</textarea></title><svg onload=window.broken=1>',
  '{{7*7}}$\x7B7*7}<%= 7*7 %>',
  'javascript:window.broken=1',
  '\u202Egnp.exe\u202C \u200B\uFEFF',
  'line\r\nSet-Cookie: broken=1',
  '&lt;b&gt; &amp;amp; &#60;',
] as const;

/** True when a page holds one of them as markup. */
export function isBroken(html: string): boolean {
  return /<script>window|<img src=x|<svg onload|\sonmouseover='window|href="javascript:/.test(html);
}
