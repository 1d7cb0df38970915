/** The pair of every figure about serving: the least that a Bun server can do. */
const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('Hello, world!') });
// Not `process.stderr`, which would take longer than all the rest of the start.
const output = Bun.stderr.writer();
output.write(`"message":"serving","url":"http://127.0.0.1:${server.port}"\n`);
output.flush();
