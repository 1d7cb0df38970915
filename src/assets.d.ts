// Texts that the executable carries: `import sql from './x.sql' with { type: 'text' }` gives the file's content.
// Bun's own types declare `*.txt` in the same way.

declare module '*.sql' {
  const text: string;
  export default text;
}

declare module '*.lua' {
  const text: string;
  export default text;
}
