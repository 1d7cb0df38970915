/**
 * Files that are embedded as they are: `import path from './x.css' with { type: 'file' }` gives a path that
 * `Bun.file` and `node:fs` read, both from source and inside the compiled executable.
 */
declare module '*.css' {
  const path: string;
  export default path;
}

declare module '*.js' {
  const path: string;
  export default path;
}

declare module '*.svg' {
  const path: string;
  export default path;
}
