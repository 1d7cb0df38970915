// The pair of the program's size and start: what any compiled Bun program weighs and takes.
export {};
