/** The pair of every figure about serving: the least that a Bun server can do. */
const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('Hello, world!') });
process.stderr.write(`"message":"serving","url":"http://127.0.0.1:${server.port}"\n`);
